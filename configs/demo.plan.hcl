# The dialplan of the demo contact centre. Numbers are from Ofcom's drama range
# and reach nobody.

# What carriers may reach.

number "+448081570001" "+448081570007" {
  ring { seats = ["1001", "1002", "1003", "1004", "1005"] }
}

number "+448081570002" {
  ring { seats = ["1002"] }
}

number "+448081570003" {
  echo {}
}

number "+448081570004" {
  play { prompt = "announcement" }
}

# What seats may dial, besides the numbers above, which they reach on-net.

dial "10XX" {
  ring { seats = [called] }
}

dial "*43" {
  echo {}
}

dial "*44" {
  play { prompt = "announcement" }
}

dial "*45" {
  play { prompt = "own-number" }
}

dial "9." {
  trunk { trunks = ["carrier"] }
}
