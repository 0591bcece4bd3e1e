package state

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// failed makes an error of the client one of the contract, in one line.
func (s *Redis) failed(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	s.counters.Unavailable.Add(1)
	return fmt.Errorf("%w: %s: %s", ErrUnavailable, s.url, s.reason(err))
}

// reason is what an error of the client means, in one line.
func (s *Redis) reason(err error) string {
	switch {
	case s.master != "" && errors.Is(err, redis.Nil):
		return fmt.Sprintf("no sentinel there knows a master named %q", s.master)
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

// isNothing tells whether the server answered that there is nothing. The same error
// within another is the sentinels' answer, who know no such master: then nothing is
// known about a record.
func isNothing(err error) bool {
	return err == redis.Nil //nolint:errorlint // see above
}

// quietClient silences the client's own log, which the process shares: what it
// would say comes back as the error of a call.
var quietClient = sync.OnceFunc(func() { redis.SetLogger(silence{}) })

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
