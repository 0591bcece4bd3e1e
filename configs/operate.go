package configs

import (
	"net/netip"
	"path/filepath"

	"strowger/dialplan/source"
	"strowger/sip/state"
)

// Store is the block store.
type Store struct {
	// URL is that of Redis, in the forms that state.OpenRedis documents: one server, a
	// cluster, or sentinels, in plain or by TLS. Default "": embedded, in the data
	// folder. From the environment it may hold a password: it is never logged.
	URL string
	// PasswordFile holds the password of Redis. Default "": none.
	PasswordFile string
}

// Admin is the block admin.
type Admin struct {
	// HTTP is the address of the admin API. Off loopback it needs TLS. Default
	// 127.0.0.1:8080; "off" leaves it zero, which means none.
	HTTP netip.AddrPort
	// Socket is the path of the API's unix socket. Default admin.sock in the data folder.
	Socket string
	// CertFile and KeyFile are the PEM files of TLS. Default "": plain HTTP.
	CertFile, KeyFile string
	// Roles give unix users and groups their role on the socket. Default: root and
	// the user that runs the node are admin.
	Roles []Role
}

// Role is a block role "viewer", "operator", "supervise", "admin" or "recordings" of admin.
type Role struct {
	Role    string
	Users   []string // unix user names
	Groups  []string // unix group names
	Tenants []string // whose; empty, the default, means every tenant's
}

// Cluster is the block cluster. It needs a store that nodes share. Nodes find each
// other through it.
type Cluster struct {
	// Link is where other nodes connect to. No default.
	Link netip.AddrPort
	// Advertised is the address that the node gives to others. Default: Link.
	Advertised netip.AddrPort
	// KeyFile holds the secret that all nodes of the cluster share. No default.
	KeyFile string
	// Network is the name of the network by whose RTP addresses sound goes from node to
	// node, where the parties of a call are on two. Default: the first.
	Network string
}

func (r *reader) store(file *source.Body) {
	b := file.Block("store")
	if b == nil {
		return
	}
	r.Store.URL = b.String("url", "")
	r.Store.PasswordFile = r.beside(b.String("password_file", ""))
	b.Done()
	if r.Store.URL == "" {
		return
	}
	password, err := state.CheckRedisURL(r.Store.URL)
	switch {
	case err != nil:
		b.Fault(b.Pos("url"), "url is not that of a Redis: %v; write one such as: url = \"redis://127.0.0.1:6379/0\"", err)
	case b.Literal("url") && password:
		b.Fault(b.Pos("url"), "url has a password in it; put it in a file and write: password_file = \"FILE\", or take the URL from the environment: url = env.NAME")
	}
}

func (r *reader) admin(file *source.Body) {
	a := &r.Admin
	a.HTTP = netip.MustParseAddrPort("127.0.0.1:8080")
	if b := file.Block("admin"); b != nil {
		if b.String("http", "") == "off" {
			a.HTTP = netip.AddrPort{}
		} else if b.Has("http") {
			a.HTTP = address(b, "http", "127.0.0.1:8080", 0)
		}
		a.Socket = b.String("socket", "")
		a.CertFile = r.beside(b.String("cert_file", ""))
		a.KeyFile = r.beside(b.String("key_file", ""))
		for _, role := range b.Blocks("role", 1, 1) {
			a.Roles = append(a.Roles, readRole(role))
		}
		b.Done()
		if (a.CertFile == "") != (a.KeyFile == "") {
			b.Fault(b.At, "admin has one of cert_file and key_file; TLS needs both")
		}
		r.places["admin"] = b.Pos("http")
	}
	if r.o.AdminHTTP.IsValid() {
		a.HTTP = r.o.AdminHTTP
	}
	if a.Socket == "" {
		a.Socket = "admin.sock"
	}
	if !filepath.IsAbs(a.Socket) {
		a.Socket = filepath.Join(r.Node.Data, a.Socket)
	}
	if a.HTTP.IsValid() && !a.HTTP.Addr().IsLoopback() && a.CertFile == "" {
		file.Fault(r.places["admin"], "admin http = %q is not on loopback and has no TLS; write cert_file and key_file, or http = \"127.0.0.1:8080\"", a.HTTP)
	}
}

func readRole(b *source.Body) Role {
	role := Role{
		Role:    b.Labels[0],
		Users:   texts(b.List("users", false)),
		Groups:  texts(b.List("groups", false)),
		Tenants: texts(b.List("tenants", false)),
	}
	b.Done()
	switch role.Role {
	case "viewer", "operator", "supervise", "admin", "recordings":
	default:
		b.Fault(b.At, "%s; %s", b.Name(), source.Suggest(role.Role, []string{"viewer", "operator", "supervise", "admin", "recordings"}))
	}
	if len(role.Users)+len(role.Groups) == 0 {
		b.Fault(b.At, "%s is given to nobody; write: users = [\"NAME\"] or groups = [\"NAME\"]", b.Name())
	}
	return role
}

func (r *reader) cluster(file *source.Body) {
	b := file.Block("cluster")
	if b == nil {
		return
	}
	c := &Cluster{}
	c.Link = r.required(b, "link", "192.0.2.1:7000")
	c.Advertised = address(b, "advertise", "192.0.2.1:7000", c.Link.Port())
	c.KeyFile = r.beside(b.String("key_file", ""))
	c.Network = b.String("network", "")
	b.Done()
	r.places["cluster"] = b.At
	if !c.Advertised.IsValid() {
		c.Advertised = c.Link
		if c.Link.IsValid() && c.Link.Addr().IsUnspecified() {
			b.Fault(b.Pos("link"), "link is bound to every address; write which one nodes see: advertise = \"ADDRESS\"")
		}
	}
	if c.KeyFile == "" {
		b.Fault(b.Pos("key_file"), "cluster needs the file of the secret that its nodes share; write: key_file = \"FILE\"")
	}
	if r.Store.URL == "" {
		b.Fault(b.At, "a cluster needs a store that its nodes share; write: store { url = \"redis://ADDRESS:6379\" }")
	}
	r.Cluster = c
}
