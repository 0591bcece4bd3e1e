# A cluster on one Redis. This one file serves every node; the environment says
# which node it is:
#
#   STROWGER_NODE     its name, such as node-1
#   STROWGER_ADDRESS  its address, such as 127.0.0.11
#   STROWGER_STORE    the URL of Redis, such as redis://127.0.0.1:6379/0, or
#                     redis://ADDRESS:26379,ADDRESS:26379?sentinel=NAME for the
#                     master that sentinels name, ...?cluster=true for a Redis
#                     Cluster; rediss:// for TLS, with ca_file=, cert_file=, key_file=
#   STROWGER_KEY      the file of the secret that the nodes share: at least 32 bytes,
#                     such as: openssl rand -hex 32
#
# Two nodes on one machine:
#
#   STROWGER_NODE=node-1 STROWGER_ADDRESS=127.0.0.11 ... strowger serve --config configs/cluster.hcl
#   STROWGER_NODE=node-2 STROWGER_ADDRESS=127.0.0.12 ... strowger serve --config configs/cluster.hcl

node {
  name = env.STROWGER_NODE
  data = "./data/${env.STROWGER_NODE}"
}

store {
  url = env.STROWGER_STORE
}

cluster {
  link     = "${env.STROWGER_ADDRESS}:7000"
  key_file = env.STROWGER_KEY
}

network "local" {
  listener "udp" {
    bind       = "${env.STROWGER_ADDRESS}:5060"
    algorithms = ["md5"]
  }

  listener "tcp" {
    bind       = "${env.STROWGER_ADDRESS}:5060"
    algorithms = ["md5"]
  }

  rtp {
    bind  = env.STROWGER_ADDRESS
    ports = "20000-29999"
  }
}

tenant "demo" {
  realm = "demo"

  emergency {
    trunks = ["carrier"]
  }

  seed {
    plan  = "demo.plan.hcl"
    seats = "demo.seats.csv"
  }
}

trunk "carrier" {
  sources = ["127.0.0.2"]
  targets = ["127.0.0.2:5060"]
}

admin {
  http   = "${env.STROWGER_ADDRESS}:8080"
  socket = "admin.sock"
}
