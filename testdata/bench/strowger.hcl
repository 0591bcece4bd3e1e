# The benched node: the demo contact centre on the bench's addresses, with so many
# RTP addresses that ports never bound the load, and the seats that the bench makes.

node {
  name = "bench"
  data = "./data"
}

network "local" {
  listener "udp" {
    bind       = "LISTEN"
    algorithms = ["md5"] # all that the load generators know
  }

  rtp {
    bind  = "127.0.0.11"
    ports = "20000-29999"
  }

  rtp {
    bind  = "127.0.0.12"
    ports = "20000-29999"
  }

  rtp {
    bind  = "127.0.0.13"
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
    seats = "seats.csv"
  }
}

trunk "carrier" {
  sources = ["127.0.0.2"]
  targets = ["127.0.0.2:5060"]
}

trace {
  mib = 4 # full at once, so that what is weighed are the calls
}

media {
  timeout = "10m" # the calls are silent
}

limits {
  calls     = 7500
  registers = 100000 # one generator is all phones
}

admin {
  http   = "off"
  socket = "admin.sock"
}
