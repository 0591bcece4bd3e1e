package state

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// redisURL is what a URL that OpenRedis documents says.
type redisURL struct {
	shown        string // without password
	hosts        []string
	user         *url.Userinfo
	db           int
	cluster      bool
	sentinel     string // the master's name; "" without sentinels
	passwordFile string
	sentinelFile string // of the sentinels' own password
	tls          bool
	files        tlsFiles
}

// tlsFiles are the PEM files that a URL names; "" is none.
type tlsFiles struct{ ca, cert, key string }

// CheckRedisURL tells what is wrong with a URL that OpenRedis is to be given, and
// whether there is a password in it. Files that it names are not read.
func CheckRedisURL(raw string) (password bool, err error) {
	u, err := parseURL(raw)
	if err != nil {
		return false, err
	}
	_, password = u.user.Password()
	return password, nil
}

// parseURL reads a URL. What it says of a wrong one has no password in it.
func parseURL(raw string) (*redisURL, error) {
	parsed, hosts, err := splitHosts(raw)
	if err != nil {
		return nil, err
	}
	u := &redisURL{shown: parsed.Redacted(), hosts: hosts, user: parsed.User, tls: parsed.Scheme == "rediss"}
	if path := strings.Trim(parsed.Path, "/"); path != "" {
		u.db, err = strconv.Atoi(path)
		if err != nil || u.db < 0 {
			return nil, fmt.Errorf("database %q: give a number, as in /0", path)
		}
	}
	for key, values := range parsed.Query() {
		if err := u.set(key, values[len(values)-1]); err != nil {
			return nil, err
		}
	}
	return u, u.check()
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

// set takes one parameter.
func (u *redisURL) set(key, value string) (err error) {
	switch key {
	case "sentinel":
		u.sentinel = value
	case "cluster":
		if u.cluster, err = strconv.ParseBool(value); err != nil {
			return fmt.Errorf("cluster=%q: give true or false", value)
		}
	case "password_file":
		u.passwordFile = value
	case "sentinel_password_file":
		u.sentinelFile = value
	case "ca_file":
		u.files.ca = value
	case "cert_file":
		u.files.cert = value
	case "key_file":
		u.files.key = value
	default:
		return fmt.Errorf("unknown parameter %q: known are sentinel, cluster, password_file, sentinel_password_file, ca_file, cert_file and key_file", key)
	}
	return nil
}

// check refuses what does not go together.
func (u *redisURL) check() error {
	switch {
	case u.cluster && u.sentinel != "":
		return errors.New("cluster and sentinel exclude each other")
	case u.sentinelFile != "" && u.sentinel == "":
		return errors.New("sentinel_password_file needs sentinel=NAME")
	case u.cluster && u.db != 0:
		return errors.New("a cluster has database 0 only")
	case len(u.hosts) > 1 && !u.cluster && u.sentinel == "":
		return errors.New("several hosts need cluster=true or sentinel=NAME")
	case !u.tls && u.files != tlsFiles{}:
		return errors.New("ca_file, cert_file and key_file need rediss://")
	case (u.files.cert == "") != (u.files.key == ""):
		return errors.New("cert_file and key_file go together")
	}
	return nil
}
