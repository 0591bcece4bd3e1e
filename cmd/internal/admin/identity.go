package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"strowger/configs"
)

// role is what an identity may do; each includes the ones below it, but for supervise
// and recordings.
type role int

const (
	nobody role = iota
	viewer
	operator
	admin
	supervise  // listens to calls, whispers and barges in; beside that a viewer
	recordings // what was said in calls, and nothing else
)

var roleNames = []string{viewer: "viewer", operator: "operator", admin: "admin", supervise: "supervise", recordings: "recordings"}

// includes tells whether who has the role may what another may. An operator may not
// listen to calls, nor a supervisor change anything.
func (r role) includes(other role) bool {
	switch {
	case r == admin, r == other:
		return true
	case r == recordings, other == recordings:
		return false
	case r == supervise, other == supervise:
		return other == viewer
	}
	return r >= other
}

func (r role) String() string { return roleNames[r] }

func parseRole(name string) (role, error) {
	if i := slices.Index(roleNames, name); i > int(nobody) {
		return role(i), nil
	}
	return nobody, fmt.Errorf("role %q: give viewer, operator, supervise, admin or recordings", name)
}

// identity is who asks.
type identity struct {
	name   string // "unix:ada" or "token:ci"
	grants []grant
}

// grant is a role for one tenant, or with "" for every tenant and the node.
type grant struct {
	role   role
	tenant string
}

// may tells whether the identity has at least the role for the tenant; "" is the
// node itself.
func (i identity) may(r role, tenant string) bool {
	return slices.ContainsFunc(i.grants, func(g grant) bool {
		return g.role.includes(r) && (g.tenant == "" || g.tenant == tenant)
	})
}

// people knows the roles of unix users.
type people struct {
	roles   []configs.Role
	self    uint32 // the node's own user
	lookup  func(uid string) (*user.User, error)
	groupOf func(gid string) (*user.Group, error)
	groups  func(*user.User) ([]string, error)
}

func newPeople(roles []configs.Role) *people {
	return &people{
		roles: roles, self: uint32(os.Getuid()),
		lookup: user.LookupId, groupOf: user.LookupGroupId, groups: (*user.User).GroupIds,
	}
}

// identify returns the identity of a peer; one without any grant may nothing.
func (p *people) identify(uid, gid uint32) identity {
	id := strconv.FormatUint(uint64(uid), 10)
	who := identity{name: "unix:" + id}
	var groups []string
	u, err := p.lookup(id)
	if err == nil {
		who.name = "unix:" + u.Username
		groups = p.groupNames(u, gid)
	}
	if uid == 0 || uid == p.self {
		who.grants = []grant{{role: admin}}
		return who
	}
	for _, r := range p.roles {
		named := err == nil && slices.Contains(r.Users, u.Username)
		if !named && !slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(r.Groups, g) }) {
			continue
		}
		level, err := parseRole(r.Role)
		if err != nil {
			continue // the configuration is checked for it
		}
		if len(r.Tenants) == 0 {
			who.grants = append(who.grants, grant{role: level})
		}
		for _, t := range r.Tenants {
			who.grants = append(who.grants, grant{level, t})
		}
	}
	return who
}

// groupNames are the groups of a user and the one that the process runs with.
func (p *people) groupNames(u *user.User, gid uint32) []string {
	ids, _ := p.groups(u) // without them the process's own group counts
	ids = append(ids, strconv.FormatUint(uint64(gid), 10))
	var names []string
	for _, id := range ids {
		if g, err := p.groupOf(id); err == nil {
			names = append(names, g.Name)
		}
	}
	return names
}

type peerKey struct{}

// withPeer keeps the credentials of a unix connection for its requests.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	if l, ok := c.(*limitedConn); ok {
		c = l.Conn
	}
	cred, err := peer(c)
	if err != nil {
		return ctx
	}
	return context.WithValue(ctx, peerKey{}, cred)
}

// peer asks the kernel who is at the other end (SO_PEERCRED).
func peer(c net.Conn) (*unix.Ucred, error) {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return nil, errors.New("not a unix socket")
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return nil, err
	}
	var cred *unix.Ucred
	var bad error
	if err := raw.Control(func(fd uintptr) {
		cred, bad = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return nil, err
	}
	return cred, bad
}
