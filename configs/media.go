package configs

import (
	"slices"
	"strings"
	"time"

	"strowger/dialplan/source"
)

// Media is the block media: what carries sound, what is made of it, and when a call
// without it ends.
type Media struct {
	// Timeout is without RTP and RTCP. Default 60s; 0 means never.
	Timeout time.Duration
	// HeldTimeout is the same while held, inactive or after comfort noise. Default
	// 2h; 0 means never.
	HeldTimeout time.Duration
	// Transcode lets two legs talk that share no codec, if one has G.722 and the other
	// G.711, for some 50 us of CPU each 20 ms: transcode = "on" or "off". Default on.
	Transcode bool
	// Plane is "auto" (default: "ebpf" where it is possible), "ebpf" (or the node does
	// not start) or "userspace".
	Plane string
	// Attach is by what the eBPF program is attached: "auto" (default: "tcx" where the
	// kernel has it), "tcx" (since kernel 6.6) or "clsact".
	Attach string
	// BPFFS is where a bpffs is mounted. Default /sys/fs/bpf.
	BPFFS string
}

// The values of Media.Plane and of Media.Attach.
const (
	PlaneAuto      = "auto"
	PlaneEBPF      = "ebpf"
	PlaneUserspace = "userspace"
	AttachAuto     = "auto"
	AttachTCX      = "tcx"
	AttachClsact   = "clsact"
)

func (r *reader) media(file *source.Body) {
	m := &r.Media
	*m = Media{Timeout: time.Minute, HeldTimeout: 2 * time.Hour, Transcode: true, Plane: PlaneAuto, Attach: AttachAuto, BPFFS: "/sys/fs/bpf"}
	b := file.Block("media")
	if b == nil {
		return
	}
	m.Timeout = b.Duration("timeout", m.Timeout, 0, 24*time.Hour)
	m.HeldTimeout = b.Duration("held_timeout", m.HeldTimeout, 0, 24*time.Hour)
	m.Transcode = !isOff(b, "transcode")
	m.Plane = oneOf(b, "plane", PlaneAuto, PlaneEBPF, PlaneUserspace)
	m.Attach = oneOf(b, "attach", AttachAuto, AttachTCX, AttachClsact)
	if m.BPFFS = b.String("bpffs", m.BPFFS); !strings.HasPrefix(m.BPFFS, "/") {
		b.Fault(b.Pos("bpffs"), "bpffs is an absolute path, not %q", m.BPFFS)
	}
	b.Done()
}

// oneOf reads a value that is one of a few words, of which the first is the default.
func oneOf(b *source.Body, key string, words ...string) string {
	word := b.String(key, words[0])
	if !slices.Contains(words, word) {
		b.Fault(b.Pos(key), "%s is %s, not %q", key, strings.Join(words, ", "), word)
	}
	return word
}
