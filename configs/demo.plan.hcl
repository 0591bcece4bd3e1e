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

# A menu: 1 rings the agents, 2 seat 1002, 3 is the announcement. Whoever presses
# anything else, or nothing, is asked twice more.

number "+448081570005" { flow = flow.menu }

flow "menu" {
  menu "which" {
    prompt = prompt.demo-menu
    tries  = 3
    key "1" { next = step.enquiries }
    key "2" { next = step.second }
    key "3" { next = step.announcement }
    on "no_key" { next = step.goodbye }
    on "wrong_key" { next = step.goodbye }
  }

  ring "enquiries" {
    seats = ["1001", "1002", "1003", "1004", "1005"]
    on "busy" { next = step.nobody }
    on "no_answer" { next = step.nobody }
    on "offline" { next = step.nobody }
  }

  ring "second" {
    seats = ["1002"]
    on "busy" { next = step.nobody }
    on "no_answer" { next = step.nobody }
    on "offline" { next = step.nobody }
  }

  play "announcement" {
    prompt = prompt.announcement
    next   = hangup
  }

  play "nobody" {
    prompt = prompt.unavailable
    next   = hangup
  }

  play "goodbye" { prompt = prompt.goodbye }
}

test "1 rings the agents" {
  call   = { to = "08081570005", from = "01632960123", at = "2026-11-23 10:00" }
  keys   = ["1"]
  expect = ["menu which", "ring enquiries"]
}

test "a wrong key is asked again" {
  call   = { to = "08081570005", from = "01632960123", at = "2026-11-23 10:00" }
  keys   = ["9", "2"]
  expect = ["ring second"]
}

test "who presses nothing is told goodbye" {
  call   = { to = "08081570005", from = "01632960123", at = "2026-11-23 10:00" }
  expect = ["menu which", "play goodbye", "hangup"]
}

# The numbers that seats present: who is rung back reaches the seat itself, and
# `strowger demo call 1001` calls it so.

number "+441632960101" {
  ring { seats = ["1001"] }
}

number "+441632960102" {
  ring { seats = ["1002"] }
}

number "+441632960103" {
  ring { seats = ["1003"] }
}

number "+441632960104" {
  ring { seats = ["1004"] }
}

number "+441632960105" {
  ring { seats = ["1005"] }
}

number "+441632960106" {
  ring { seats = ["1006"] }
}

number "+441632960107" {
  ring { seats = ["1007"] }
}

number "+441632960108" {
  ring { seats = ["1008"] }
}

number "+441632960109" {
  ring { seats = ["1009"] }
}

number "+441632960110" {
  ring { seats = ["1010"] }
}

number "+441632960111" {
  ring { seats = ["1011"] }
}

number "+441632960112" {
  ring { seats = ["1012"] }
}

number "+441632960113" {
  ring { seats = ["1013"] }
}

number "+441632960114" {
  ring { seats = ["1014"] }
}

number "+441632960115" {
  ring { seats = ["1015"] }
}

number "+441632960116" {
  ring { seats = ["1016"] }
}

number "+441632960117" {
  ring { seats = ["1017"] }
}

number "+441632960118" {
  ring { seats = ["1018"] }
}

number "+441632960119" {
  ring { seats = ["1019"] }
}

number "+441632960120" {
  ring { seats = ["1020"] }
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

# Where calls to a phone go instead: *21*1002# for all of them, *61* when nobody
# answers, *67* when it is busy, *62* when it is not there; #21# and so on end it.

dial "*21*." {
  forward { when = "always" }
}

dial "#21#" {
  forward { when = "always" }
}

dial "*61*." {
  forward { when = "no-answer" }
}

dial "#61#" {
  forward { when = "no-answer" }
}

dial "*62*." {
  forward { when = "unregistered" }
}

dial "#62#" {
  forward { when = "unregistered" }
}

dial "*67*." {
  forward { when = "busy" }
}

dial "#67#" {
  forward { when = "busy" }
}

dial "*78" {
  dnd { set = "on" }
}

dial "*79" {
  dnd { set = "off" }
}

# *8 answers what rings in the pick-up group of the seat, **1002 what rings at 1002. A
# call that is transferred to *68 waits at 701 to 709, or *68 and the place, for who
# dials that; after two minutes it comes back.

dial "*8" {
  pickup {}
}

dial "**." {
  pickup {}
}

dial "*68" {
  park { places = "701-709" }
}

dial "*68." {
  park { places = "701-709" }
}

dial "70Z" {
  retrieve {}
}

# Supervisors (a class that service says, or else nobody): *401002 listens to 1002,
# *411002 whispers to it, *421002 barges in. 801 to 809 are conferences.

dial "*40." {
  supervise { mode = "listen" }
}

dial "*41." {
  supervise { mode = "whisper" }
}

dial "*42." {
  supervise { mode = "barge" }
}

dial "80Z" {
  conference {
    # pin   = "2468"     # asked for, three times; 4 to 12 digits
    # alone = "music"    # or "silence", for who waits for others
  }
}

dial "9." {
  trunk { trunks = ["carrier"] }
}
