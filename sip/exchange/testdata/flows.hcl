# The flows that stories of calls follow.

flow "menu" {
  menu "which" {
    prompt = "which"
    tries  = 2
    key "1" { next = step.desk }
    key "2" { next = step.sorry }
    key "3" { next = step.line }
    key "4" { next = hangup }
    on "no_key" { next = step.sorry }
    on "wrong_key" { next = hangup }
  }
  ring "desk" {
    seats    = ["1002"]
    max_ring = "10s"
    on "busy" { next = step.second }
    on "no_answer" { next = step.second }
    on "offline" { next = hangup }
  }
  play "second" { prompt = "wait" }
  ring "deputy" {
    seats = ["1003"]
    on "busy" { next = step.sorry }
    on "no_answer" { next = step.sorry }
    on "offline" { next = step.sorry }
  }
  trunk "line" {
    trunks = [trunk.carrier]
    to     = "+441632960001"
    on "refused" { next = step.sorry }
    on "busy" { next = step.which }
    on "unreachable" { next = step.second }
  }
  play "sorry" { prompt = "sorry" }
}

# Nobody is answered before the desk answers.

flow "desk" {
  ring "desk" {
    seats = ["1002"]
    on "busy" { next = step.deputy }
    on "no_answer" { next = step.deputy }
    on "offline" { next = step.deputy }
  }
  ring "deputy" {
    seats = ["1003"]
    on "busy" { next = hangup }
    on "no_answer" { next = hangup }
    on "offline" { next = hangup }
  }
}

flow "early" {
  early "first" {}
  play "notice" { prompt = "notice" }
  menu "which" {
    prompt = "which"
    key "1" { next = step.desk }
    on "no_key" { next = hangup }
    on "wrong_key" { next = hangup }
  }
  ring "desk" {
    seats = ["1002"]
    on "busy" { next = hangup }
    on "no_answer" { next = hangup }
    on "offline" { next = hangup }
  }
}

# What follows a conversation.

flow "survey" {
  answer "first" {}
  ring "desk" {
    seats = ["1002"]
    next  = step.survey
    on "busy" { next = hangup }
    on "no_answer" { next = hangup }
    on "offline" { next = hangup }
  }
  collect "survey" {
    prompt = "survey"
    into   = mark
    least  = 1
    most   = 2
    tries  = 1
    on "no_key" { next = hangup }
    on "wrong_key" { next = hangup }
  }
  echo "thanks" {}
}

attribute "mark" {}

queue "claims" {}

flow "queue" {
  queue "wait" {
    queue = queue.claims
    on "timeout" { next = hangup }
    on "full" { next = hangup }
    on "no_agents" { next = hangup }
    on "closing" { next = hangup }
  }
}
