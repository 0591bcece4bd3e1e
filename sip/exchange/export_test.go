package exchange

import "context"

// Held counts what the strands still keep: calls that linger included, and legs
// findable by their tags, here or elsewhere.
func (x *Exchange) Held(ctx context.Context) (calls, legs int) {
	for _, s := range x.strands {
		n, _ := ask(ctx, s, func() [2]int { return [2]int{len(s.calls), len(s.legs) + len(s.moved)} })
		calls, legs = calls+n[0], legs+n[1]
	}
	return calls, legs
}
