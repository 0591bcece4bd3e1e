// Package plan reads a dialplan, checks it and answers from it. The three are
// apart: Parse makes a Plan of a text, Check holds a Plan against what the
// tenant has and makes a Table of it, Decide answers a Question from a Table.
// All are pure. A decision may lead to a flow, which package flow runs.
//
// # The language
//
// A plan is HCL. It has two lists: what trunks may reach and what seats may dial.
// An entry is a number, or a pattern, and what happens to the call:
//
//	number "+448081570001" "+448081570007" {
//	  ring {
//	    seats   = ["1001", "1002"] # together; the first to answer has the call
//	    timeout = "30s"            # 1s to 10m; 30s unless written; then 480
//	    forwards = "skip"          # who forwards all calls is left out; "follow" rings there
//	  }
//	}
//
//	number "+448081570004" {
//	  play { prompt = "welcome" }  # answers, plays, hangs up; prompts = ["time-is", "time:now"]
//	}
//
//	dial "*43" {
//	  echo {}                      # answers, sends back what it hears
//	}
//
//	dial "1XXX" {
//	  ring { seats = [called] }    # called: the digits as dialled
//	}
//
//	dial "9." {
//	  trunk { trunks = ["carrier"] } # in order of trying, with the seat's number
//	}
//
//	dial "90900." {
//	  reject {
//	    status = 403                 # a SIP status, 400 to 699
//	    reason = "No premium numbers"
//	  }
//	}
//
//	dial "*21*." {
//	  forward { when = "always" }    # or busy, no-answer, unregistered: to the digits
//	}                                # where the "." is, without a "#" at their end
//
//	dial "#21#" {
//	  forward { when = "always" }    # a pattern without "." ends the forward
//	}
//
//	dial "*78" {
//	  dnd { set = "on" }             # or "off": do not disturb
//	}
//
//	dial "*8" {
//	  pickup {}                      # answers what rings in the caller's pick-up group;
//	}                                # in "**." it answers the seat behind the **
//
//	dial "*68" {
//	  park { places = "701-709" }    # keeps what is transferred here; in "*68." at the
//	}                                # place behind it; timeout = "2m" rings who parked it
//
//	dial "70X" {
//	  retrieve {}                    # takes what is parked at the number that was dialled
//	}
//
//	dial "*40." {
//	  supervise { mode = "listen" }  # hears the seat behind the code and whom it talks to;
//	}                                # "whisper": that seat hears the caller; "barge": both
//
//	dial "80X" {
//	  conference { limit = 10 }      # 2 to 30; named by what was dialled, in "*80." by the
//	}                                # digits behind it, or by room = "NAME"; pin = "2468"
//	                                 # asks for it; alone = "music" plays while one waits
//
// The body of an entry has one step, or names a flow, or a seat made of what was
// called: rest is what the wildcards of the pattern stand for.
//
//	number "+4416329601XX" { seat = "21${rest}" }
//	number "+448081570101" { flow = flow.benefits }
//
// # Flows
//
// A flow is a list of steps, run in the order of the text. The block's type is what a
// step does, its label the step's name. when says whether it is taken (package expr has
// the conditions), next where success goes: step.NAME, flow.NAME, hangup, return (to the
// flow that ran this one) or, of a queue, stay. Without next it is the step below; after a
// conversation the call ends. Each other outcome has its rule:
//
//	flow "benefits" {
//	  run "notices" { flow = flow.notices }
//
//	  play "closed" {
//	    when   = !open(hours.benefits)
//	    prompt = prompt.closed
//	    next   = hangup
//	  }
//
//	  menu "language" {
//	    prompt = prompt.english_or_welsh
//	    tries  = 2
//	    key "1" { set = { language = "en" } }
//	    key "2" { set = { language = "cy" } }
//	    on "no_key"    { next = step.wait }
//	    on "wrong_key" { next = step.wait }
//	  }
//
//	  queue "wait" {
//	    queue    = queue.benefits
//	    needs    = { benefits = 1, welsh = language == "cy" ? 2 : 0 }
//	    max_wait = "10m"
//	    callback {
//	      when = expected_wait > "5m"
//	      key  = "1"
//	    }
//	    on "timeout"   { next = hangup }
//	    on "full"      { next = hangup }
//	    on "no_agents" { next = hangup }
//	    on "closing"   { next = stay }
//	  }
//	}
//
// The actions, their keys, and the outcomes that need a rule:
//
//	answer, early               answer the call; let it hear what follows before that
//	play      prompt(s), language
//	menu      prompt(s), tries, max_wait, key "1" { set, next }     no_key, wrong_key
//	collect   prompt(s), into, least, most, tries, max_wait         no_key, wrong_key
//	set       values = { ATTRIBUTE = VALUE }
//	go        next
//	run       flow, with = { PARAMETER = VALUE }
//	ring      seats, order, forwards, max_ring                      busy, no_answer, offline
//	trunk     trunks, to, presentation, withhold, max_ring,
//	          onward, channels                                      refused, busy, unreachable
//	queue     queue, needs, max_wait, priority, callback            timeout, full, no_agents, closing
//	callback  queue, number, needs                                  failed
//	agent     does, agent, reason                                   failed
//	lookup    service, ask, result = { ATTRIBUTE = "NAME" }, max_wait   failed
//	record    recording = "on", prompt(s) that announce it
//	voicemail seat, prompt(s), max_length
//	transfer  tenant, to, keep_wait                                 failed
//	hangup    status, reason
//	echo, milliwatt, conference, and for seats alone forward (calls, to), dnd, pickup
//	(seat), park, retrieve (place), supervise (mode, seat)
//
// What flows name is declared: hours (timezone, week, holidays, closed, open), attribute
// (values, default), switch (thrown_by, ends), group (seats), queue (skills, size), table
// (keys), service (url); a flow's parameter blocks (type). timezone of the plan is
// "Europe/London" unless written. A test gives a call and the steps that it must take
// (package trial).
//
// A pattern has digits, "*" and "#" that stand for themselves, X for a digit from
// 0 to 9, Z from 1 to 9, N from 2 to 9, and at its end "." for one digit or more.
// A number starts with "+".
//
// # Decisions
//
//   - A call from a trunk is looked up among the numbers in E.164 and never sees
//     the dial list. A trunk step is for dial alone: a number that went out again
//     would let strangers call through. In a flow that a number leads to it has to say
//     onward = true, how many channels it may take, whom it calls and whose number it
//     shows; steps that are for seats cannot stand there at all.
//   - A call from a seat reaches every number of the plan on-net, in every
//     written form, with or without the outside prefix; then the dial list is asked.
//   - Of several patterns that fit, the first difference from the left decides:
//     a digit before N before Z before X before ".". The same pattern twice is the
//     only tie, and an error. So no pattern can be hidden by another.
//   - What may be wrong with a flow is found by Parse, from the text alone: names, types,
//     outcomes without a rule, steps that nothing leads to, circles in which no time goes
//     by, flows that would never return. Check adds what the tenant does not have.
//   - The plan does not say how numbers are written: Numbering is the tenant's.
package plan
