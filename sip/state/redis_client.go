package state

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Timing of the Redis client. A call that takes longer is ErrUnavailable.
const (
	dialTimeout = 2 * time.Second
	ioTimeout   = 2 * time.Second
	poolSize    = 32 // connections to each server
)

// client connects to nothing yet: the client does when it is asked something.
func (u *redisURL) client() (redis.UniversalClient, error) {
	o, err := u.options()
	if err != nil {
		return nil, err
	}
	quietClient()
	c := redis.NewUniversalClient(o)
	if cluster, ok := c.(*redis.ClusterClient); ok {
		cluster.OnNewNode(func(node *redis.Client) { node.AddHook(once{}) })
	}
	return c, nil
}

// options reads the files that the URL names.
func (u *redisURL) options() (*redis.UniversalOptions, error) {
	o := &redis.UniversalOptions{
		Addrs: u.hosts, DB: u.db, IsClusterMode: u.cluster, MasterName: u.sentinel,
		DialTimeout: dialTimeout, DialerRetries: 1, ReadTimeout: ioTimeout, WriteTimeout: ioTimeout, PoolTimeout: ioTimeout,
		ContextTimeoutEnabled: true,
		PoolSize:              poolSize,
		// A write that is sent again by itself could meet its own first half and
		// report a conflict that is none: who calls decides.
		MaxRetries:               -1,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	o.Username = u.user.Username()
	o.Password, _ = u.user.Password()
	if err := readPassword(u.passwordFile, &o.Password); err != nil {
		return nil, fmt.Errorf("password_file: %w", err)
	}
	if err := readPassword(u.sentinelFile, &o.SentinelPassword); err != nil {
		return nil, fmt.Errorf("sentinel_password_file: %w", err)
	}
	if u.tls {
		c, err := u.files.config()
		if err != nil {
			return nil, err
		}
		o.Dialer = dialTLS(c)
	}
	return o, nil
}

// readPassword takes a password from a file; without one it stays as it is.
func readPassword(file string, password *string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err == nil {
		*password = strings.TrimSpace(string(text))
	}
	return err
}

// config trusts the system's roots where there is no CA file.
func (f tlsFiles) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.ca != "" {
		pem, err := os.ReadFile(f.ca)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file %s holds no certificate in PEM form", f.ca)
		}
	}
	if f.cert != "" {
		pair, err := tls.LoadX509KeyPair(f.cert, f.key)
		if err != nil {
			return nil, fmt.Errorf("cert_file %s and key_file %s: %w", f.cert, f.key, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// once keeps the client of a cluster from sending a command again whose answer did
// not come, as MaxRetries does for one server. What a server refused, or never got,
// may be sent to another.
type once struct{}

// ProcessHook implements redis.Hook: what the client does not recognise as the
// network's error it does not try again.
func (once) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		var answer redis.Error
		var op *net.OpError
		if err == nil || errors.As(err, &answer) || errors.As(err, &op) && op.Op == "dial" {
			return err
		}
		return errors.New(err.Error())
	}
}

// DialHook implements redis.Hook.
func (once) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook implements redis.Hook. Only reads go by a pipeline.
func (once) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
