package leg

import (
	"github.com/emiago/sipgo/sip"

	"strowger/sip/dialog"
	"strowger/sip/identity"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Address is whom to call and how.
type Address struct {
	Party  Party
	Flow   transport.Flow
	Target sip.Uri   // request URI
	Routes []sip.Uri // Path of a binding; nil for none
	To     dialog.Name
	From   dialog.Name
	// Forwards is the Max-Forwards that is left for this leg; 0 means 70.
	Forwards uint32
	Headers  []sip.Header // added to the INVITE (identity, ...)
	// Shown is who is called, as shown to others; nil for the number in To.
	Shown *identity.Caller
	// Redirect is where a 3xx of the party leads, if that is followed; nil follows none.
	Redirect func(contact sip.Uri) (Address, bool)
	// Answer answers the party's challenges; nil if there is nothing to answer them by.
	Answer Answer
}

// Answer returns the value of the Authorization header of a request that was
// challenged: by the values of WWW-Authenticate or Proxy-Authenticate.
type Answer func(challenges []string, method, uri string) (string, error)

// Answering returns the leg of a party whose INVITE came in transaction tx. The
// request is kept until its final response.
func Answering(id int, party Party, tx *transaction.Server, req *sip.Request, flow transport.Flow, tokens Tokens) *Leg {
	tag := tokens.Token()
	l := &Leg{
		ID: id, Party: party, Inbound: true, Flow: flow, tokens: tokens,
		Dialog: dialog.NewServer(req, tag, dialog.ContactFor(flow, tag)),
		server: tx, invite: req, seq: req.CSeq().SeqNo,
	}
	l.learn(req)
	return l
}

// Calling returns a leg towards an address; Invite sends the INVITE.
func Calling(id int, a Address, tokens Tokens) *Leg {
	tag := tokens.Token()
	d := dialog.NewClient(tokens.Token(), tag, a.From, a.To, a.Target, dialog.ContactFor(a.Flow, tag))
	d.Routes, d.Forwards = a.Routes, a.Forwards
	l := &Leg{ID: id, Party: a.Party, Flow: a.Flow, tokens: tokens, Dialog: d}
	l.Answers(a.Answer)
	return l
}

// Orphan returns the leg of an INVITE that another node has sent by a flow of this
// one and cannot end any more; tx is its transaction here. All there is to do for
// it is End.
func Orphan(tx *transaction.Client, invite *sip.Request, flow transport.Flow, tokens Tokens) *Leg {
	return &Leg{Flow: flow, Dialog: dialog.Sent(invite), client: tx, seq: invite.CSeq().SeqNo, tokens: tokens}
}
