package admin

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/sip/seat"
)

func (s *Server) importSeats(w http.ResponseWriter, r *request) (any, error) {
	file, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if s.cfg.Node.DemoExposed() != nil {
		if number := demoRow(file); number != "" {
			return nil, s.demoPassword(number, configs.DemoPassword(number))
		}
	}
	dry := seat.ImportOptions{DryRun: true}
	report, err := s.cfg.Directory.Import(r.Context(), r.tenant, bytes.NewReader(file), dry)
	if err == nil && r.URL.Query().Get("dry_run") == "" {
		after := report
		err = s.change(r, change{action: "seat.import", after: after}, func() (err error) {
			report, err = s.cfg.Directory.Import(r.Context(), r.tenant, bytes.NewReader(file), seat.ImportOptions{})
			return err
		})
	}
	if len(report.Faults) > 0 {
		s.send(w, http.StatusUnprocessableEntity, api.Error{Message: seat.ErrImport.Error(), Lines: report.Faults})
		return nil, nil //nolint:nilnil // it is answered
	}
	if err != nil {
		return nil, err
	}
	return report, nil
}

// demoRow is the first seat of a file that would have its demo password, or "". A
// file that cannot be read is the import's matter.
func demoRow(file []byte) string {
	in := csv.NewReader(bytes.NewReader(file))
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		return ""
	}
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(header[i], "\uFEFF")))
	}
	number, password := slices.Index(header, "number"), slices.Index(header, "password")
	if number < 0 || password < 0 {
		return ""
	}
	for {
		row, err := in.Read()
		if err != nil {
			return ""
		}
		if max(number, password) < len(row) && row[password] == configs.DemoPassword(row[number]) {
			return row[number]
		}
	}
}

func (s *Server) exportSeats(w http.ResponseWriter, r *request) (any, error) {
	secrets := r.URL.Query().Get("secrets") != ""
	var out bytes.Buffer
	write := func() error { return s.cfg.Directory.Export(r.Context(), r.tenant, &out, secrets) }
	var err error
	if secrets {
		id := identified{who: r.who}
		if err := s.authorize(id, admin, r.tenant); err != nil {
			return nil, err
		}
		err = s.change(r, change{action: "seat.export-secrets"}, write)
	} else {
		err = write()
	}
	if err != nil {
		return nil, err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := w.Write(out.Bytes()); err != nil && !errors.Is(err, http.ErrHandlerTimeout) {
		s.log.Debug("an export was not taken", "error", err)
	}
	return nil, nil //nolint:nilnil // it is answered
}
