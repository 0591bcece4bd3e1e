package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Limits of a request's body, in bytes.
const (
	MaxBody    = 1 << 20
	MaxImport  = 16 << 20
	MaxRestore = 512 << 20
)

const dialTimeout = 5 * time.Second

// Target is where a client finds its node.
type Target struct {
	Socket    string // path of the unix socket, or
	URL       string // http://127.0.0.1:8080
	TokenFile string // of the bearer token; for URL
	CAFile    string // PEM file that the server's certificate is checked by; "" is the system's
}

// Client speaks to one node. Safe for concurrent use.
type Client struct {
	base  string
	where string // for messages
	token string
	http  *http.Client
}

// ErrNoNode means that nobody answers where the node should be.
var ErrNoNode = errors.New("no node answers")

// RefusedError is an answer of 400 and above.
type RefusedError struct {
	Status int
	Body   Error
}

// Error is what the node said.
func (r *RefusedError) Error() string {
	lines := []string{r.Body.Message}
	for _, l := range r.Body.Lines {
		lines = append(lines, l.Error())
	}
	return strings.Join(lines, "\n")
}

// NewClient returns a client of the node at t.
func NewClient(t Target) (*Client, error) {
	transport := &http.Transport{}
	c := &Client{http: &http.Client{Transport: transport}}
	if t.URL == "" {
		c.base, c.where = "http://strowger", t.Socket
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			d := net.Dialer{Timeout: dialTimeout}
			return d.DialContext(ctx, "unix", t.Socket)
		}
		return c, nil
	}
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("URL %q: write it as http://127.0.0.1:8080", t.URL)
	}
	c.base, c.where = strings.TrimRight(t.URL, "/"), t.URL
	token, err := os.ReadFile(t.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("token: %w; name its file with --token-file, or make one with: strowger access add NAME", err)
	}
	c.token = strings.TrimSpace(string(token))
	transport.TLSClientConfig, err = trust(t.CAFile)
	return c, err
}

// trust is the configuration of TLS with a certificate of one's own.
func trust(file string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return c, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("certificate: %s has none in PEM form", file)
	}
	return c, nil
}

// Do sends in as JSON, unless it is nil, and decodes the answer into out, unless
// that is nil.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	answer, err := c.Stream(ctx, method, path, "application/json", body)
	if err != nil {
		return err
	}
	defer answer.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(answer).Decode(out); err != nil {
		return fmt.Errorf("the node's answer cannot be read: %w", err)
	}
	return nil
}

// Stream sends a body and returns that of the answer, to be closed.
func (c *Client) Stream(ctx context.Context, method, path, kind string, body io.Reader) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreached(err)
	}
	if res.StatusCode < 400 {
		return res.Body, nil
	}
	defer res.Body.Close()
	refused := &RefusedError{Status: res.StatusCode}
	text, _ := io.ReadAll(io.LimitReader(res.Body, MaxBody))
	if json.Unmarshal(text, &refused.Body) != nil || refused.Body.Message == "" {
		refused.Body = Error{Message: "the node answered " + res.Status}
	}
	return nil, refused
}

// unreached says what to do when nobody listens.
func (c *Client) unreached(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%s: no permission; run it as the node's user or root, or use: --url URL --token-file FILE", c.where)
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("%w at %s; start one with: strowger serve; or say where it is: --config FILE, --data FOLDER, --socket PATH or --url URL", ErrNoNode, c.where)
	}
	return fmt.Errorf("%s: %w", c.where, err)
}
