package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"strowger/media/recording"
)

// Limits of the sound of recordings.
const (
	soundTime  = time.Hour // to take one
	soundPart  = 256 << 10 // bytes of one that another node sends at once
	maxFetched = 4         // that are fetched from other nodes at once
)

// recordingSound sends the file of a recording, which is on the node that made it.
func (s *Server) recordingSound(w http.ResponseWriter, r *request) (any, error) {
	i, err := s.findRecording(r)
	if err != nil {
		return nil, err
	}
	mixed := r.URL.Query().Get("mixed") != "" && !i.Mixed
	action := "recording.play"
	if r.URL.Query().Get("export") != "" {
		action = "recording.export"
	}
	return nil, s.change(r, change{action: action, object: i.ID, after: url.Values{"sha256": {i.SHA256}}}, func() error {
		f, err := s.openSound(r.Context(), r.tenant, i)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(soundTime)) // else that of other answers holds
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Cache-Control", "no-store")
		if mixed {
			w.Header().Set("Content-Length", strconv.FormatInt(recording.MixedSize(i.Bytes), 10))
			err = recording.MixDown(w, f)
		} else {
			w.Header().Set("Content-Length", strconv.FormatInt(i.Bytes, 10))
			_, err = io.Copy(w, f)
		}
		if err != nil { // who takes it is told by the length
			s.log.Debug("the sound of a recording was not taken whole", "recording", i.ID, "error", err)
		}
		return nil
	})
}

// openSound is the file of a recording of this node, or what another one sends of it.
func (s *Server) openSound(ctx context.Context, tenant string, i recording.Info) (io.ReadCloser, error) {
	if i.Node == s.cfg.Node.Node.Name {
		f, _, err := s.cfg.Recorder.Sound(tenant, i.ID)
		return f, err
	}
	select {
	case s.fetching <- struct{}{}:
	default:
		s.counters.SoundsRefused.Add(1)
		return nil, fail(http.StatusServiceUnavailable, "recording %s is on node %s, and %d are fetched from other nodes already: ask there, or later", i.ID, i.Node, maxFetched)
	}
	f := &farSound{left: i.Bytes, end: func() { <-s.fetching }}
	f.next = func(at int64) ([]byte, error) {
		k, err := s.ask(ctx, i.Node, question{About: soundOf, Tenant: tenant, Recording: i.ID, At: at})
		return k.Sound, err
	}
	if err := f.fetch(); err != nil { // while it can be told yet
		_ = f.Close()
		return nil, fail(http.StatusServiceUnavailable, "recording %s is on node %s, which does not send it (%v): ask there", i.ID, i.Node, err)
	}
	return f, nil
}

// farSound is a recording of another node, read part by part.
type farSound struct {
	next func(at int64) ([]byte, error)
	end  func()
	at   int64  // of what comes next
	left int64  // behind that
	part []byte // not read yet
}

// errShort means that a recording is shorter than it was: it was erased meanwhile.
var errShort = errors.New("it has no more of it")

func (f *farSound) fetch() error {
	part, err := f.next(f.at)
	switch {
	case err != nil:
		return err
	case len(part) == 0 && f.left > 0:
		return errShort
	}
	part = part[:min(int64(len(part)), f.left)]
	f.at, f.left, f.part = f.at+int64(len(part)), f.left-int64(len(part)), part
	return nil
}

// Read implements io.Reader.
func (f *farSound) Read(b []byte) (int, error) {
	if len(f.part) == 0 {
		if f.left == 0 {
			return 0, io.EOF
		}
		if err := f.fetch(); err != nil {
			return 0, err
		}
	}
	n := copy(b, f.part)
	f.part = f.part[n:]
	return n, nil
}

// Close lets another be fetched.
func (f *farSound) Close() error {
	f.end()
	return nil
}

// soundHere is a part of a recording of this node; empty behind its end, or if there is
// none of that name.
func (s *Server) soundHere(q question) (part []byte, err error) {
	if s.cfg.Recorder == nil || q.At < 0 {
		return nil, nil
	}
	f, _, err := s.cfg.Recorder.Sound(q.Tenant, q.Recording)
	if err != nil {
		if errors.Is(err, recording.ErrUnknown) {
			err = nil
		}
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return readPart(f, q.At)
}

func readPart(f *os.File, at int64) ([]byte, error) {
	part := make([]byte, soundPart)
	n, err := f.ReadAt(part, at)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return part[:n], err
}
