# Releases what others submitted: promotes, pauses and fails rollouts, and goes back to earlier versions. Cannot submit
# anything of its own, so that nobody approves their own work.
namespace "default" {
  policy = "read"
  capabilities = [
    "promote-deployment",
    "pause-deployment",
    "unblock-deployment",
    "fail-deployment",
    "revert-job",
    "stable-job",
  ]
}
