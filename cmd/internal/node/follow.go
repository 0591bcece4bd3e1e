package node

import (
	"context"
	"errors"
	"strings"
	"time"

	"strowger/sip/edition"
	"strowger/sip/state"
)

// maxChanges bounds the notices of published plans that wait.
const maxChanges = 1024

// rereadEvery is how often a store is asked that does not answer.
const rereadEvery = 2 * time.Second

// storePatience is how long one question about a plan may take.
const storePatience = 10 * time.Second

// news tells the follower that a tenant's plan may have changed; "" is any tenant's.
func (p *Plans) news(tenant string) {
	select {
	case p.changed <- tenant:
	default:
		p.log.Error("too many plans are published at once; restart the node to have the newest", "tenant", tenant)
	}
}

// run follows what is published, and does what is due, until close.
func (p *Plans) run() {
	defer close(p.done)
	again := map[string]time.Time{} // when a tenant's plan is looked at
	for {
		select {
		case <-p.stop:
			return
		case tenant := <-p.changed:
			for _, t := range p.tenants {
				if tenant == t.Name || tenant == "" {
					again[t.Name] = time.Time{}
				}
			}
		case <-alarm(again):
		}
		for tenant, at := range again {
			if time.Now().Before(at) {
				continue
			}
			if next := p.follow(tenant); next.IsZero() {
				delete(again, tenant)
			} else {
				again[tenant] = next
			}
		}
	}
}

// alarm is the next of some times; nil if there is none.
func alarm(times map[string]time.Time) <-chan time.Time {
	var next time.Time
	for _, at := range times {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	if next.IsZero() {
		return nil
	}
	return time.After(time.Until(next))
}

// follow does what is due for a tenant and takes what is published. It returns when to
// look again, zero for not before there is news.
func (p *Plans) follow(tenant string) time.Time {
	ctx, cancel := context.WithTimeout(context.Background(), storePatience)
	defer cancel()
	head, err := p.take(ctx, tenant)
	if errors.Is(err, state.ErrNotFound) && head.Version == "" {
		return time.Time{} // there has been none
	}
	if err != nil {
		p.log.Error("the published plan cannot be used; the former one stays", "tenant", tenant, "error", err)
	}
	if at, _ := head.Due(); !at.IsZero() && !time.Now().Before(at) {
		if err = p.advance(ctx, tenant, head); err == nil {
			head, err = p.take(ctx, tenant)
		}
		if err != nil {
			p.log.Error("what is due for a plan cannot be done", "tenant", tenant, "error", err)
		}
	}
	at, _ := head.Due()
	if errors.Is(err, state.ErrUnavailable) || ctx.Err() != nil || !at.IsZero() && !at.After(time.Now()) {
		return time.Now().Add(rereadEvery)
	}
	return at
}

// advance publishes the version that is due. One that cannot be used any more is not
// published: what is published stays.
func (p *Plans) advance(ctx context.Context, tenant string, head edition.Head) error {
	by := edition.By{Author: "node:" + p.config.Node.Name, Message: "not confirmed in time"}
	_, next := head.Due()
	v, err := p.archive.Version(ctx, tenant, next)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	if err == nil {
		_, err = p.checkVersion(tenant, v)
	}
	switch {
	case err == nil:
		if _, err = p.archive.Advance(ctx, time.Now(), tenant, by); err == nil {
			p.log.Info("the plan that was due is published", "tenant", tenant, "version", edition.Short(next))
		}
		return err
	case head.Planned != nil:
		by.Message = unusable(next, err)
		_, err = p.archive.Cancel(ctx, time.Now(), tenant, by)
	default:
		by.Message = unusable(next, err)
		_, err = p.archive.Confirm(ctx, time.Now(), tenant, by)
	}
	p.log.Error("the plan that was due is not published", "tenant", tenant, "why", by.Message)
	if _, refused := errors.AsType[*edition.RequestError](err); refused {
		return nil // another node was first
	}
	return err
}

// unusable is the message of a version that does not check any more.
func unusable(id string, fault error) string {
	text, _, _ := strings.Cut("version "+edition.Short(id)+" cannot be used any more: "+fault.Error(), "\n")
	return strings.ToValidUTF8(text[:min(len(text), edition.MaxMessage)], "")
}
