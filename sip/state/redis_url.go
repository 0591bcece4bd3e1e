package state

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
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

// parseURL reads the URL that OpenRedis documents.
func parseURL(raw string) (*redis.UniversalOptions, error) {
	u, hosts, err := splitHosts(raw)
	if err != nil {
		return nil, fmt.Errorf("redis URL: %w", err)
	}
	o := &redis.UniversalOptions{
		Addrs: hosts, Username: u.User.Username(),
		DialTimeout: dialTimeout, DialerRetries: 1, ReadTimeout: ioTimeout, WriteTimeout: ioTimeout, PoolTimeout: ioTimeout,
		ContextTimeoutEnabled: true,
		PoolSize:              poolSize,
		// A write that is sent again by itself could meet its own first half and
		// report a conflict that is none: who calls decides.
		MaxRetries:               -1,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	o.Password, _ = u.User.Password()
	if err := setQuery(o, u); err != nil {
		return nil, fmt.Errorf("redis URL %s: %w", u.Redacted(), err)
	}
	return o, nil
}

// splitHosts parses a URL that may have several hosts with commas between them,
// which package url refuses.
func splitHosts(raw string) (*url.URL, []string, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || (scheme != "redis" && scheme != "rediss") {
		return nil, nil, errors.New("it must begin with redis:// or, for TLS, rediss://")
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	start := strings.LastIndexByte(rest[:end], '@') + 1
	list := strings.Split(rest[start:end], ",")
	u, err := url.Parse(scheme + "://" + rest[:start] + list[0] + rest[end:])
	if err != nil {
		return nil, nil, errors.New("it cannot be read: percent-encode signs of the password such as / ? # @ %")
	}
	for i, host := range list {
		if host == "" {
			return nil, nil, errors.New("a host is missing")
		}
		if _, _, err := net.SplitHostPort(host); err != nil {
			list[i] = net.JoinHostPort(strings.Trim(host, "[]"), "6379")
		}
	}
	u.Host = strings.Join(list, ",")
	return u, list, nil
}

func setQuery(o *redis.UniversalOptions, u *url.URL) error {
	if path := strings.Trim(u.Path, "/"); path != "" {
		db, err := strconv.Atoi(path)
		if err != nil || db < 0 {
			return fmt.Errorf("database %q: give a number, as in /0", path)
		}
		o.DB = db
	}
	var ca string
	for key, values := range u.Query() {
		value := values[len(values)-1]
		switch key {
		case "sentinel":
			o.MasterName = value
		case "cluster":
			on, err := strconv.ParseBool(value)
			if err != nil {
				return fmt.Errorf("cluster=%q: give true or false", value)
			}
			o.IsClusterMode = on
		case "password_file":
			password, err := os.ReadFile(value)
			if err != nil {
				return fmt.Errorf("password_file: %w", err)
			}
			o.Password = strings.TrimSpace(string(password))
		case "ca_file":
			ca = value
		default:
			return fmt.Errorf("unknown parameter %q: known are sentinel, cluster, password_file and ca_file", key)
		}
	}
	switch {
	case o.IsClusterMode && o.MasterName != "":
		return errors.New("cluster and sentinel exclude each other")
	case o.IsClusterMode && o.DB != 0:
		return errors.New("a cluster has database 0 only")
	case len(o.Addrs) > 1 && !o.IsClusterMode && o.MasterName == "":
		return errors.New("several hosts need cluster=true or sentinel=NAME")
	}
	return setTLS(o, u.Scheme, ca)
}

// setTLS turns TLS on for rediss. Without a CA file the system's roots are trusted.
func setTLS(o *redis.UniversalOptions, scheme, caFile string) error {
	if scheme != "rediss" {
		if caFile != "" {
			return errors.New("ca_file needs rediss://")
		}
		return nil
	}
	o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return fmt.Errorf("ca_file: %w", err)
	}
	o.TLSConfig.RootCAs = x509.NewCertPool()
	if !o.TLSConfig.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("ca_file %s holds no certificate in PEM form", caFile)
	}
	return nil
}

// redactURL is the URL as a log may have it.
func redactURL(raw string) string {
	u, _, err := splitHosts(raw)
	if err != nil {
		return "redis"
	}
	return u.Redacted()
}
