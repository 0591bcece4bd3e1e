package ledger

import "strconv"

// talk is two parties that hear each other. The zero value is none.
type talk struct {
	Leg     int       `json:"leg"`
	Peer    int       `json:"peer"`
	From    int64     `json:"from"` // Mono
	Parties [2]string `json:"parties"`
}

// part ends the talk, if there is one, and adds it to those before: "3-8.5
// trunk:carrier seat:1002; 12-60 ...", in seconds since the call arrived.
func (c *call) part(at int64) {
	if t := c.Talk; t.Peer != 0 {
		if c.Talks != "" {
			c.Talks += "; "
		}
		c.Talks += c.offset(t.From) + "-" + c.offset(at) + " " + t.Parties[0] + " " + t.Parties[1]
	}
	c.Talk = talk{}
}

func (c *call) offset(at int64) string {
	return strconv.FormatFloat(seconds(c.Arrived.Mono, at), 'f', -1, 64)
}
