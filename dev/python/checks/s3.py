"""An S3 server on loopback with a bucket of its own, until its standard input ends."""

import io
import sys
import tarfile

import boto3
from moto.server import ThreadedMotoServer

port = int(sys.argv[1])
server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
server.start()
s3 = boto3.client(
    "s3",
    endpoint_url=f"http://127.0.0.1:{port}",
    region_name="us-east-1",
    aws_access_key_id="testing",
    aws_secret_access_key="testing",
)
s3.create_bucket(Bucket="tools")
s3.put_object(Bucket="tools", Key="bin/", Body=b"")
s3.put_object(Bucket="tools", Key="bin/one", Body=b"echo one\n")
s3.put_object(Bucket="tools", Key="bin/deep/two", Body=b"echo two\n")
s3.put_object(Bucket="tools", Key="public", Body=b"echo public\n", ACL="public-read")
# Beside the prefix, not below it.
s3.put_object(Bucket="tools", Key="binary", Body=b"not asked for")
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:gz") as archive:
    content = b"echo inner\n"
    member = tarfile.TarInfo("inner")
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
s3.put_object(Bucket="tools", Key="packed.tgz", Body=packed.getvalue())
for number in range(30):
    s3.put_object(Bucket="tools", Key=f"many/n-{number:04}", Body=b"x")
print("ready", flush=True)
sys.stdin.read()
server.stop()
