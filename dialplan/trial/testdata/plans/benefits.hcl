# The benefits line: hours and bank holidays, notices, two languages, a queue that
# overflows to a second one, a callback for who would wait long, closing time.

hours "benefits" {
  timezone = "Europe/London"
  week     = ["mon-fri 08:00-18:00", "sat 09:00-13:00"]
  holidays = ["uk-england-and-wales"]
}

attribute "language" {
  values  = ["en", "cy"]
  default = "en"
}

switch "notice" {
  thrown_by = "operator"
  ends      = "4h"
}

table "vulnerable" {
  keys = ["+441632960777"]
}

queue "benefits" {
  skills = ["benefits", "welsh"]
  size   = 200
}

queue "general" {
  skills = ["benefits"]
}

number "+448081570101" {
  flow = flow.benefits
}

flow "notices" {
  play "notice" {
    when   = switch.notice
    prompt = prompt.notice
  }
}

flow "benefits" {
  run "notices" { flow = flow.notices }

  play "closed" {
    when   = !open(hours.benefits)
    prompt = prompt.closed
    next   = hangup
  }

  menu "language" {
    prompt = prompt.english_or_welsh
    tries  = 2
    key "1" { set = { language = "en" } }
    key "2" { set = { language = "cy" } }
    on "no_key" { next = step.urgent }
    on "wrong_key" { next = step.urgent }
  }

  queue "urgent" {
    when     = listed(table.vulnerable, caller)
    queue    = queue.benefits
    priority = 10
    on "timeout" { next = step.elsewhere }
    on "full" { next = step.elsewhere }
    on "no_agents" { next = step.elsewhere }
    on "closing" { next = stay }
  }

  queue "wait" {
    queue    = queue.benefits
    needs    = { benefits = 1, welsh = language == "cy" ? 2 : 0 }
    max_wait = "10m"
    callback {
      when = expected_wait > "5m"
      key  = "1"
    }
    on "timeout" { next = step.elsewhere }
    on "full" { next = step.elsewhere }
    on "no_agents" { next = step.elsewhere }
    on "closing" { next = stay }
  }

  queue "elsewhere" {
    queue    = queue.general
    needs    = { benefits = 1 }
    max_wait = "20m"
    on "timeout" { next = step.sorry }
    on "full" { next = step.sorry }
    on "no_agents" { next = step.sorry }
    on "closing" { next = step.sorry }
  }

  play "sorry" {
    prompt = prompt.sorry
    next   = hangup
  }
}

test "a working day" {
  call   = { to = "08081570101", from = "01632960123", at = "2026-11-23 10:00" }
  keys   = ["1"]
  expect = ["run notices", "menu language", "queue wait"]
}

test "Christmas Day is closed" {
  call   = { to = "08081570101", from = "01632960123", at = "2026-12-25 10:00" }
  expect = ["play closed", "hangup"]
}

test "a notice comes first, whoever calls when" {
  given {
    switch "notice" { on = true }
  }
  call   = { to = "08081570101", from = "01632960123", at = "2026-12-25 10:00" }
  expect = ["play notice", "play closed"]
}

test "a full queue overflows, and when that is full too we say so" {
  call     = { to = "08081570101", from = "01632960123", at = "2026-11-23 10:00" }
  outcomes = { wait = "full", elsewhere = "timeout" }
  expect   = ["queue wait", "queue elsewhere", "play sorry", "hangup"]
}

test "closing time leaves callers waiting" {
  call     = { to = "08081570101", from = "01632960123", at = "2026-11-23 17:59" }
  outcomes = { wait = "closing" }
  expect   = ["queue wait"]
}

test "a vulnerable caller goes first" {
  call   = { to = "08081570101", from = "01632960777", at = "2026-11-23 10:00" }
  keys   = ["9", "2"]
  expect = ["menu language", "queue urgent"]
}

test "a callback is offered to who would wait" {
  given {
    queue "benefits" {
      waiting       = 40
      expected_wait = "12m"
    }
  }
  call     = { to = "08081570101", from = "01632960123", at = "2026-11-23 10:00" }
  outcomes = { wait = "callback" }
  expect   = ["queue wait", "hangup"]
}
