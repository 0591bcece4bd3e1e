# A site's switchboard: a hundred direct numbers by one pattern, a reception that is busy
# or shut, pick-up, park, voicemail.

hours "reception" {
  timezone = "Europe/London"
  week     = ["mon-fri 08:30-17:30"]
  holidays = ["uk-england-and-wales"]
  closed   = ["2026-12-24 12:00-24:00"]
}

group "reception" {
  seats = ["1001", "1002", "1003"]
}

number "+441632960100" {
  flow = flow.reception
}

# 2100 to 2199 have numbers of their own.

number "+4416329601XX" {
  seat = "21${rest}"
}

dial "0" {
  flow = flow.reception
}

dial "21XX" {
  flow = flow.desk
  with = { seat_called = called }
}

dial "*8XXXX" {
  flow = flow.pickup
}

dial "*68" {
  park { places = "701-709" }
}

dial "70Z" {
  retrieve {}
}

dial "9." {
  flow = flow.outside
}

flow "reception" {
  go "night" {
    when = !open(hours.reception)
    next = step.message
  }

  ring "front" {
    seats    = [group.reception]
    max_ring = "25s"
    on "busy" { next = step.wait }
    on "no_answer" { next = step.deputies }
    on "offline" { next = step.deputies }
  }

  play "wait" {
    prompt = prompt.sorry
    next   = step.deputies
  }

  ring "deputies" {
    seats    = ["2101", "2102"]
    order    = "in_order"
    max_ring = "15s"
    on "busy" { next = step.message }
    on "no_answer" { next = step.message }
    on "offline" { next = step.message }
  }

  voicemail "message" {
    seat   = "1001"
    prompt = prompt.leave_message
  }
}

flow "desk" {
  parameter "seat_called" { type = "text" }

  ring "desk" {
    seats    = [seat_called]
    max_ring = "20s"
    on "busy" { next = step.message }
    on "no_answer" { next = step.message }
    on "offline" { next = step.message }
  }

  voicemail "message" {
    seat   = seat_called
    prompt = prompt.leave_message
  }
}

flow "pickup" {
  pickup "at" { seat = rest }
}

flow "outside" {
  trunk "out" {
    trunks = [trunk.carrier_a, trunk.carrier_b]
    to     = rest
    on "refused" { next = step.sorry }
    on "busy" { next = hangup }
    on "unreachable" { next = step.sorry }
  }

  play "sorry" {
    prompt = prompt.sorry
    next   = hangup
  }
}

test "a direct number rings its desk" {
  call   = { to = "01632960142", from = "01632960923", at = "2026-11-23 10:00" }
  expect = ["ring 2142"]
}

test "reception by day" {
  call   = { to = "01632960100", from = "01632960923", at = "2026-11-23 10:00" }
  expect = ["ring front"]
}

test "reception is busy" {
  call     = { to = "01632960100", from = "01632960923", at = "2026-11-23 10:00" }
  outcomes = { front = "busy", deputies = "no_answer" }
  expect   = ["ring front", "play wait", "ring deputies", "voicemail message"]
}

test "night service" {
  call   = { to = "01632960100", from = "01632960923", at = "2026-11-23 20:00" }
  expect = ["go night", "voicemail message"]
}

test "Christmas Eve ends at noon" {
  call   = { to = "0", from_seat = "2101", at = "2026-12-24 12:00" }
  expect = ["voicemail message"]
}

test "a colleague who does not answer" {
  call     = { to = "2142", from_seat = "2101", at = "2026-11-23 10:00" }
  outcomes = { desk = "no_answer" }
  expect   = ["ring desk", "voicemail message"]
}

test "pick-up of a seat" {
  call   = { to = "*82142", from_seat = "2101", at = "2026-11-23 10:00" }
  expect = ["pickup at"]
}

test "an outside line" {
  call   = { to = "901632960999", from_seat = "2101", at = "2026-11-23 10:00" }
  expect = ["trunk out"]
}
