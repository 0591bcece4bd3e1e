package ledger

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// appendEvent appends an event as json.Marshal writes it. A call has half a dozen,
// each is written before anything is sent, and reflection would be a tenth of what
// a call costs.
func appendEvent(dst []byte, e *Event) []byte {
	dst = append(dst, `{"kind":`...)
	dst = appendString(dst, string(e.Kind))
	dst = append(dst, `,"at":"`...)
	dst = e.At.AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","mono":`...)
	dst = strconv.AppendInt(dst, e.Mono, 10)
	dst = appendText(dst, `,"node":`, e.Node)
	dst = appendText(dst, `,"tenant":`, e.Tenant)
	dst = appendText(dst, `,"call":`, e.Call)
	dst = appendNumber(dst, `,"leg":`, int64(e.Leg))
	dst = appendNumber(dst, `,"peer":`, int64(e.Peer))
	dst = appendText(dst, `,"party":`, e.Party)
	dst = appendText(dst, `,"from":`, e.From)
	dst = appendText(dst, `,"to":`, e.To)
	dst = appendText(dst, `,"network_number":`, e.Network)
	dst = appendText(dst, `,"presentation_number":`, e.Presentation)
	if e.Withheld {
		dst = append(dst, `,"withheld":true`...)
	}
	dst = appendText(dst, `,"sip_call_id":`, e.SIPCallID)
	dst = appendText(dst, `,"session_id":`, e.SessionID)
	if e.Emergency {
		dst = append(dst, `,"emergency":true`...)
	}
	dst = appendNumber(dst, `,"status":`, int64(e.Status))
	dst = appendNumber(dst, `,"q850":`, int64(e.Q850))
	dst = appendText(dst, `,"reason":`, e.Reason)
	dst = appendText(dst, `,"by":`, e.By)
	dst = appendText(dst, `,"detail":`, e.Detail)
	dst = appendText(dst, `,"plan_version":`, e.Version)
	dst = appendNumber(dst, `,"digits":`, int64(e.Digits))
	if e.Media != nil {
		dst = append(dst, `,"media":`...)
		dst = appendMedia(dst, e.Media)
	}
	return append(dst, '}')
}

func appendMedia(dst []byte, m *Media) []byte {
	dst = append(dst, `{"received":`...)
	dst = strconv.AppendUint(dst, m.Received, 10)
	dst = append(dst, `,"sent":`...)
	dst = strconv.AppendUint(dst, m.Sent, 10)
	dst = append(dst, `,"lost":`...)
	dst = strconv.AppendInt(dst, m.Lost, 10)
	dst = append(dst, `,"jitter_ms":`...)
	dst = appendFloat(dst, m.JitterMs)
	dst = append(dst, `,"mos":`...)
	dst = appendFloat(dst, m.MOS)
	dst = appendText(dst, `,"codec":`, m.Codec)
	if m.OneWay {
		dst = append(dst, `,"one_way":true`...)
	}
	dst = appendCount(dst, `,"foreign":`, m.Foreign)
	dst = appendMeasure(dst, `,"max_gap_ms":`, m.MaxGapMs)
	dst = appendCount(dst, `,"reordered":`, m.Reordered)
	dst = appendCount(dst, `,"duplicate":`, m.Duplicate)
	dst = appendMeasure(dst, `,"round_trip_ms":`, m.RoundTripMs)
	dst = appendMeasure(dst, `,"far_loss":`, m.FarLoss)
	dst = appendMeasure(dst, `,"max_silence_ms":`, m.MaxSilenceMs)
	if m.Silent {
		dst = append(dst, `,"silent":true`...)
	}
	dst = appendCount(dst, `,"overrun":`, m.Overrun)
	dst = appendCount(dst, `,"rtcp_received":`, m.RTCPReceived)
	dst = appendCount(dst, `,"rtcp_sent":`, m.RTCPSent)
	dst = appendText(dst, `,"srtp":`, m.SRTP)
	dst = appendCount(dst, `,"converted":`, m.Converted)
	dst = appendText(dst, `,"converted_from":`, m.ConvertedFrom)
	dst = appendText(dst, `,"converted_to":`, m.ConvertedTo)
	dst = appendMeasure(dst, `,"ptime_ms":`, m.PTimeMs)
	return append(dst, '}')
}

// appendCount and appendMeasure append members that are left out when 0.
func appendCount(dst []byte, name string, n uint64) []byte {
	if n == 0 {
		return dst
	}
	return strconv.AppendUint(append(dst, name...), n, 10)
}

func appendMeasure(dst []byte, name string, f float64) []byte {
	if f == 0 {
		return dst
	}
	return appendFloat(append(dst, name...), f)
}

// appendText appends a member that is left out when empty; name has comma, quotes
// and colon.
func appendText(dst []byte, name, s string) []byte {
	if s == "" {
		return dst
	}
	return appendString(append(dst, name...), s)
}

func appendNumber(dst []byte, name string, n int64) []byte {
	if n == 0 {
		return dst
	}
	return strconv.AppendInt(append(dst, name...), n, 10)
}

func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // no string fails
			return append(dst, quoted...)
		}
	}
	dst = append(append(dst, '"'), s...)
	return append(dst, '"')
}

// appendFloat appends a finite number; another, which JSON has not, becomes 0.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		text, _ := json.Marshal(f) // finite: it cannot fail
		return append(dst, text...)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
