// Package plan reads a dialplan, checks it and answers from it. The three are
// apart: Parse makes a Plan of a text, Check holds a Plan against what the
// tenant has and makes a Table of it, Decide answers a Question from a Table.
// All are pure.
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
// The body of an entry has one step. Steps are blocks, so that later a body may
// have several, in order.
//
// A pattern has digits, "*" and "#" that stand for themselves, X for a digit from
// 0 to 9, Z from 1 to 9, N from 2 to 9, and at its end "." for one digit or more.
// A number starts with "+".
//
// # Decisions
//
//   - A call from a trunk is looked up among the numbers in E.164 and never sees
//     the dial list. A trunk step is for dial alone: a number that went out again
//     would let strangers call through.
//   - A call from a seat reaches every number of the plan on-net, in every
//     written form, with or without the outside prefix; then the dial list is asked.
//   - Of several patterns that fit, the first difference from the left decides:
//     a digit before N before Z before X before ".". The same pattern twice is the
//     only tie, and an error.
//   - The plan does not say how numbers are written: Numbering is the tenant's.
package plan
