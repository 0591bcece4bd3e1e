# The demo contact centre on one node: state embedded, everything on loopback.
# `strowger check --config configs/strowger.hcl` tells what is wrong after an edit;
# `strowger init --lan` writes a configuration for real phones.

node {
  name = "strowger"
  data = "./data" # relative to the working directory
}

network "local" {
  listener "udp" {
    bind       = "127.0.0.1:5060"
    algorithms = ["md5"] # all that sipp and old phones know; leave out for sha-256 and md5
  }

  listener "tcp" {
    bind       = "127.0.0.1:5060"
    algorithms = ["md5"]
  }

  rtp {
    bind  = "127.0.0.1"
    ports = "20000-29999" # four a call: 2,500 calls
  }

  latch = "locked" # or strict, latch: which source a phone's sound is taken from
  srtp  = "off"    # or optional, required: encrypted, with keys by TLS
}

# media {
#   plane        = "auto"        # or "ebpf", "userspace": what carries sound
#   attach       = "auto"        # or "tcx" (Linux 6.6), "clsact"
#   bpffs        = "/sys/fs/bpf" # where the kernel keeps what outlives the process
#   timeout      = "60s"         # without sound
#   held_timeout = "2h"          # the same on hold
#   transcode    = "off"         # G.722 to and from G.711, for legs that share no codec
#   prompts      = "prompts"     # a folder of your own: prompts/cy, prompts/en, and for all
#   language     = "cy"          # of the prompts
#   tones        = "ie"          # country of the ringing and busy tones
#   music        = "sales"       # on hold; "off" for none. A tenant and a trunk have it too
# }
#
# music "sales" {
#   files = ["hold.wav"]
# }

tenant "demo" {
  realm = "demo" # never changed: stored passwords depend on it

  # 999, 112 and 18000 are always in the list; numbers = [...] may add to it.
  emergency {
    trunks = ["carrier"]
  }

  # Applied once, to an empty store; from then on the store is the truth.
  seed {
    plan  = "demo.plan.hcl"
    seats = "demo.seats.csv"
  }
}

trunk "carrier" {
  sources = ["127.0.0.2"]
  targets = ["127.0.0.2:5060"]
  # dtmf = "auto" # digits: "rfc4733" (telephone-event), "info" or "inband"
}

# Nothing is recorded unless somebody asks (strowger call record CALL start), or a rule
# says so.
# recording {
#   channels = "stereo" # caller left, agent right; "mixed" is both in one
#   trunk "carrier" { percent = 10 } # of its calls
#   seats "10XX"    { announce = "recorded" } # both parties hear that first
# }

# retention {
#   ledger     = 400 # days, as the others; 0 keeps it
#   cdr        = 400
#   ladder     = 1
#   recordings = 90
# }

admin {
  http   = "127.0.0.1:8080"
  socket = "admin.sock" # in the data folder
}
