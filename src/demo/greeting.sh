echo "$GREETING from allocation $NOMAD_ALLOC_ID"
echo "This script was downloaded, checked against its sha256, and run on node $1."
echo "It may use $NOMAD_CPU_LIMIT MHz and $NOMAD_MEMORY_LIMIT MB."
