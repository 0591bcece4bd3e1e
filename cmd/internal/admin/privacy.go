package admin

import (
	"archive/zip"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media/recording"
	"strowger/sip/ledger"
	"strowger/sip/privacy"
)

func (s *Server) privacyEndpoints() []endpoint {
	const all = "/v1/tenants/{tenant}/privacy"
	return []endpoint{
		{"POST " + all + "/find", admin, api.MaxBody, s.findPerson},
		{"POST " + all + "/export", admin, api.MaxBody, s.exportPerson},
		{"POST " + all + "/erase", admin, api.MaxBody, s.erasePerson},
	}
}

// person reads whose records are asked for.
func (s *Server) person(r *request) (api.Person, ledger.Person, error) {
	var in api.Person
	p := ledger.Person{Tenant: r.tenant}
	if err := decode(r, &in); err != nil {
		return in, p, err
	}
	country := ""
	if t, ok := s.cfg.Node.Tenant(r.tenant); ok {
		country = t.Numbering.Country
	}
	var ok bool
	if p.Subject, ok = privacy.New(in.Number, country); !ok {
		return in, p, fail(http.StatusBadRequest, "%s is no number; write it as its records have it, such as +441632960001", quoted(in.Number))
	}
	return in, p, nil
}

// veiled is a number for the audit file, which is kept when the number is erased.
func veiled(number string) string {
	const tail = 4
	if len(number) <= tail {
		return "****"
	}
	return number[:len(number)-tail] + "****"
}

func (s *Server) findPerson(_ http.ResponseWriter, r *request) (any, error) {
	in, p, err := s.person(r)
	if err != nil {
		return nil, err
	}
	out := s.holdings()
	err = s.change(r, change{action: "privacy.find", object: veiled(in.Number)}, func() error {
		out.Messages = len(s.cfg.Trace.Mentions(p.Subject))
		tapes, err := s.tapesOf(r.Context(), p)
		out.Recordings = len(tapes)
		if err == nil {
			out.Mentions, err = s.cfg.Ledger.Find(r.Context(), p, nil)
		}
		return err
	})
	return out, err
}

// holdings says whose they are, and whose are not in the answer.
func (s *Server) holdings() api.Holdings {
	out := api.Holdings{Node: s.cfg.Node.Node.Name}
	if s.cfg.Peers != nil {
		out.Others = s.cfg.Peers.Nodes()
	}
	return out
}

// tapesOf are the recordings of calls from or to a person.
func (s *Server) tapesOf(ctx context.Context, p ledger.Person) ([]recording.Info, error) {
	if s.cfg.Recorder == nil {
		return nil, nil
	}
	found, more, err := s.cfg.Recorder.List(ctx, recording.Query{
		Tenant: p.Tenant, Match: func(i *recording.Info) bool { return p.Is(i.From) || p.Is(i.To) },
	})
	if err == nil && more {
		err = fail(http.StatusUnprocessableEntity, "there are more than %d recordings of this number; erase some of them first", recording.MaxFound)
	}
	return found, err
}

// exportPerson sends everything as one archive. What goes wrong in the middle leaves it
// without its end, so that nobody takes it for whole.
func (s *Server) exportPerson(w http.ResponseWriter, r *request) (any, error) {
	in, p, err := s.person(r)
	if err != nil {
		return nil, err
	}
	return nil, s.change(r, change{action: "privacy.export", object: veiled(in.Number)}, func() error {
		tapes, err := s.tapesOf(r.Context(), p)
		if err != nil {
			return err
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(soundTime)) // else that of other answers holds
		w.Header().Set("Content-Type", "application/zip")
		w.Header().Set("Cache-Control", "no-store")
		z := zip.NewWriter(w)
		if err := s.archive(r.Context(), z, p, tapes); err != nil {
			s.log.Error("an export of a number was cut off", "error", err)
			panic(http.ErrAbortHandler) // the answer has begun: this is how a client learns of it
		}
		return z.Close()
	})
}

// archive writes events, records and messages as JSON, and recordings with their sound.
func (s *Server) archive(ctx context.Context, z *zip.Writer, p ledger.Person, tapes []recording.Info) error {
	out := s.holdings()
	var part io.Writer
	last := ""
	var err error
	out.Mentions, err = s.cfg.Ledger.Find(ctx, p, func(kind string, text []byte) error {
		if kind != last {
			last = kind
			if part, err = z.Create(kind + ".jsonl"); err != nil {
				return err
			}
		}
		_, err := part.Write(append(slices.Clip(text), '\n'))
		return err
	})
	if err != nil {
		return err
	}
	messages := s.cfg.Trace.Mentions(p.Subject)
	out.Messages, out.Recordings = len(messages), len(tapes)
	if err := put(z, "messages.json", messages); err != nil {
		return err
	}
	for _, i := range tapes {
		if err := s.archiveTape(z, p.Tenant, i); err != nil {
			return err
		}
	}
	return put(z, "summary.json", out)
}

func (s *Server) archiveTape(z *zip.Writer, tenant string, i recording.Info) error {
	if err := put(z, "recordings/"+i.ID+".json", i); err != nil {
		return err
	}
	f, _, err := s.cfg.Recorder.Sound(tenant, i.ID)
	if errors.Is(err, recording.ErrActive) { // there is no file yet: its info says so
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	part, err := z.Create("recordings/" + i.ID + ".wav")
	if err == nil {
		_, err = io.Copy(part, f)
	}
	return err
}

func put(z *zip.Writer, name string, v any) error {
	part, err := z.Create(name)
	if err != nil {
		return err
	}
	e := json.NewEncoder(part)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// erasePerson removes messages and recordings, and puts a word in the place of the number
// in events and records.
func (s *Server) erasePerson(_ http.ResponseWriter, r *request) (any, error) {
	in, p, err := s.person(r)
	if err != nil {
		return nil, err
	}
	if in.Reason == "" || len(in.Reason) > maxReason {
		return nil, fail(http.StatusBadRequest, "say why in 1 to %d bytes: --reason \"...\"", maxReason)
	}
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	out := s.holdings()
	out.Word = "erased-" + hex.EncodeToString(random[:])
	c := change{action: "privacy.erase", object: veiled(in.Number), after: map[string]string{"word": out.Word, "reason": in.Reason}}
	return &out, s.change(r, c, func() error {
		tapes, err := s.tapesOf(r.Context(), p)
		if err != nil {
			return err
		}
		for _, i := range tapes {
			_, err := s.eraseHere(question{Tenant: p.Tenant, Recording: i.ID, Who: r.who.name, Reason: in.Reason})
			switch {
			case err == nil:
				out.Recordings++
			case errors.Is(err, recording.ErrActive):
				out.Active++
			default:
				return err
			}
		}
		out.Messages = s.cfg.Trace.Forget(p.Subject)
		out.Mentions, err = s.cfg.Ledger.Erase(r.Context(), p, out.Word)
		return err
	})
}
