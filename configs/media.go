package configs

import (
	"strings"
	"time"

	"strowger/dialplan/source"
)

// Media is the block media: what carries sound, what is made of it and heard, and when a
// call without it ends. It is read before the tenants, which take from it what they do
// not say themselves.
type Media struct {
	Heard
	// Prompts is a folder of prompts of one's own, relative to the configuration file,
	// which win over the built-in ones: its sub-folders are languages (prompts/cy). A
	// file that cannot be used is told of and left out. Default "": none.
	Prompts string
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
	*m = Media{Timeout: time.Minute, HeldTimeout: 2 * time.Hour, Transcode: true, Plane: PlaneAuto, Attach: AttachAuto, BPFFS: "/sys/fs/bpf", Heard: defaults()}
	b := file.Block("media")
	if b == nil {
		return
	}
	m.Timeout = b.Duration("timeout", m.Timeout, 0, 24*time.Hour)
	m.HeldTimeout = b.Duration("held_timeout", m.HeldTimeout, 0, 24*time.Hour)
	m.Heard = r.heard(b, m.Heard)
	m.Prompts = r.beside(b.String("prompts", ""))
	m.Transcode = !isOff(b, "transcode")
	m.Plane = choice(b, "plane", PlaneAuto, PlaneAuto, PlaneEBPF, PlaneUserspace)
	m.Attach = choice(b, "attach", AttachAuto, AttachAuto, AttachTCX, AttachClsact)
	if m.BPFFS = b.String("bpffs", m.BPFFS); !strings.HasPrefix(m.BPFFS, "/") {
		b.Fault(b.Pos("bpffs"), "bpffs is an absolute path, not %q", m.BPFFS)
	}
	b.Done()
}
