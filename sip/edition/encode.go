package edition

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
)

// maxExpanded bounds what a stored version may become: a byte of a text is at most six
// in JSON.
const maxExpanded = 6*MaxText + 64<<10

// compress is a version as it is stored.
func compress(v Version) ([]byte, error) {
	text, err := encode(v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

// expand reads what compress wrote.
func expand(value []byte) (Version, error) {
	var v Version
	z, err := gzip.NewReader(bytes.NewReader(value))
	if err != nil {
		return v, err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxExpanded+1))
	switch {
	case err != nil:
		return v, err
	case len(text) > maxExpanded:
		return v, errors.New("it is too large")
	}
	return v, json.Unmarshal(text, &v)
}

// encode leaves < and & as they are: the limits count on a letter being at most two
// bytes.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}
