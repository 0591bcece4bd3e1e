package message

import "strings"

// compact forms of RFC 3261 and of the registry of SIP header fields.
var compact = map[string]string{
	"a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition",
	"e": "Content-Encoding", "f": "From", "i": "Call-ID", "j": "Reject-Contact", "k": "Supported",
	"l": "Content-Length", "m": "Contact", "n": "Identity-Info", "o": "Event", "r": "Refer-To",
	"s": "Subject", "t": "To", "u": "Allow-Events", "v": "Via", "x": "Session-Expires", "y": "Identity",
}

var canonicalNames = func() map[string]string {
	names := make(map[string]string)
	for _, n := range []string{
		"Accept", "Accept-Contact", "Accept-Encoding", "Accept-Language", "Alert-Info", "Allow",
		"Allow-Events", "Answer-Mode", "Authentication-Info", "Authorization", "Call-ID", "Call-Info",
		"Contact", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length",
		"Content-Type", "CSeq", "Date", "Diversion", "Error-Info", "Event", "Expires", "Flow-Timer",
		"From", "Geolocation", "History-Info", "Identity", "Identity-Info", "In-Reply-To", "Join",
		"Max-Forwards", "MIME-Version", "Min-Expires", "Min-SE", "Organization", "P-Access-Network-Info",
		"P-Asserted-Identity", "P-Called-Party-ID", "P-Charging-Vector", "P-Preferred-Identity", "Path",
		"Priority", "Privacy", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Require", "RAck",
		"Reason", "Record-Route", "Refer-Sub", "Refer-To", "Referred-By", "Reject-Contact",
		"Remote-Party-ID", "Replaces", "Reply-To", "Request-Disposition", "Require", "Retry-After", "Route",
		"RSeq", "Server", "Service-Route", "Session-Expires", "Session-ID", "SIP-ETag", "SIP-If-Match", "Subject",
		"Subscription-State", "Supported", "Target-Dialog", "Timestamp", "To", "Unsupported", "User-Agent",
		"User-to-User", "Via", "Warning", "WWW-Authenticate",
	} {
		names[n], names[strings.ToLower(n)] = n, n
	}
	for short, n := range compact {
		names[short], names[strings.ToUpper(short)] = n, n
	}
	return names
}()

// canonical returns the one spelling of a header name that the tree uses. A name
// it does not know is returned as it is.
func canonical(name string) string {
	if n, ok := canonicalNames[name]; ok {
		return n
	}
	if n, ok := canonicalNames[strings.ToLower(name)]; ok {
		return n
	}
	return name
}
