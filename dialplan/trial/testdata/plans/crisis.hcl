# Crisis and failover: a switch that moves a site's calls, a notice before every line, a
# carrier that fails, too few seats that can be reached.

switch "leeds_evacuated" {
  thrown_by = "operator"
  ends      = "4h"
}

switch "notice" {
  thrown_by = "operator"
  ends      = "12h"
}

group "leeds" {
  seats = ["1001", "1002", "1003"]
}

group "cardiff" {
  seats = ["1011", "1012", "1013"]
}

queue "leeds" {
  skills = ["claims"]
}

queue "cardiff" {
  skills = ["claims"]
}

number "+448081570102" {
  flow = flow.claims
}

number "+448081570103" {
  flow = flow.pensions
}

flow "notices" {
  play "notice" {
    when   = switch.notice
    prompt = prompt.notice
  }
}

flow "claims" {
  run "notices" { flow = flow.notices }

  go "moved" {
    when = switch.leeds_evacuated
    next = step.cardiff
  }

  go "thin" {
    when = reachable(group.leeds) < 2
    next = step.cardiff
  }

  queue "leeds" {
    queue    = queue.leeds
    needs    = { claims = 1 }
    max_wait = "5m"
    on "timeout" { next = step.cardiff }
    on "full" { next = step.cardiff }
    on "no_agents" { next = step.cardiff }
    on "closing" { next = stay }
  }

  queue "cardiff" {
    queue    = queue.cardiff
    needs    = { claims = 1 }
    max_wait = "15m"
    on "timeout" { next = step.partner }
    on "full" { next = step.partner }
    on "no_agents" { next = step.partner }
    on "closing" { next = stay }
  }

  # The last resort is a partner's line. Strangers come here, so the way out says so.

  trunk "partner" {
    trunks       = [trunk.carrier_a, trunk.carrier_b]
    to           = "+441632960500"
    presentation = "+448081570102"
    onward       = true
    channels     = 20
    on "refused" { next = step.sorry }
    on "busy" { next = step.sorry }
    on "unreachable" { next = step.sorry }
  }

  play "sorry" {
    prompt = prompt.sorry
    next   = hangup
  }
}

flow "pensions" {
  run "notices" { flow = flow.notices }

  ring "cardiff" {
    seats = [group.cardiff]
    on "busy" { next = flow.claims }
    on "no_answer" { next = flow.claims }
    on "offline" { next = flow.claims }
  }
}

test "an ordinary day" {
  call   = { to = "08081570102", from = "01632960123", at = "2026-11-23 10:00" }
  expect = ["queue leeds"]
}

test "evacuated Leeds goes to Cardiff" {
  given {
    switch "leeds_evacuated" { on = true }
    queue "leeds" { waiting = 40 }
  }
  call   = { to = "08081570102", from = "01632960123", at = "2026-11-23 10:00" }
  expect = ["go moved", "queue cardiff"]
}

test "too few seats in Leeds" {
  given {
    group "leeds" { reachable = 1 }
  }
  call   = { to = "08081570102", from = "01632960123", at = "2026-11-23 10:00" }
  expect = ["go thin", "queue cardiff"]
}

test "a notice comes before every line" {
  given {
    switch "notice" { on = true }
  }
  call   = { to = "08081570103", from = "01632960123", at = "2026-11-23 10:00" }
  expect = ["play notice", "ring cardiff"]
}

test "nobody is left: the partner's line" {
  call     = { to = "08081570102", from = "01632960123", at = "2026-11-23 10:00" }
  outcomes = { leeds = "no_agents", cardiff = "no_agents" }
  expect   = ["queue leeds", "queue cardiff", "trunk partner"]
}

test "and when both carriers fail we say so" {
  call     = { to = "08081570102", from = "01632960123", at = "2026-11-23 10:00" }
  outcomes = { leeds = "full", cardiff = "timeout", partner = "unreachable" }
  expect   = ["trunk partner", "play sorry", "hangup"]
}

test "pensions overflows to claims" {
  call     = { to = "08081570103", from = "01632960123", at = "2026-11-23 10:00" }
  outcomes = { cardiff = "busy" }
  expect   = ["ring cardiff", "queue leeds"]
}
