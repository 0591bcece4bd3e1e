package node

import (
	"context"
	"time"

	"strowger/sip/message"
	"strowger/sip/trace"
	"strowger/sip/transport"
)

// openTrace takes the memory for the messages of the recent past.
func (n *Node) openTrace(context.Context) error {
	var err error
	c := n.Config.Trace
	n.Trace, err = trace.New(trace.Config{Bytes: c.MiB << 20, Keep: c.Keep, Digits: c.Digits})
	return err
}

// tap is shown every message on the wire.
func (n *Node) tap(at time.Time, f transport.Flow, sent bool, msg []byte) {
	n.Trace.Message(at, f, sent, msg, message.Look(msg))
}
