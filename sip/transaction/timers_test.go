package transaction

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transport"
)

const never = 100 * timerD

func TestInviteIsSentSevenTimes(t *testing.T) {
	b := newBench(t)
	b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK1"), flowOf(transport.UDP), nil)
	b.run(never)
	b.expect("0s send INVITE", "500ms send INVITE", "1.5s send INVITE", "3.5s send INVITE", "7.5s send INVITE",
		"15.5s send INVITE", "31.5s send INVITE", "32s client failed: "+ErrTimeout.Error())
	b.empty()
}
