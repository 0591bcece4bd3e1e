package expr

import (
	"fmt"
	"strings"
)

// quote is a text as HCL writes it.
func quote(s string) string { return `"` + escape(s) + `"` }

// escape is a text between the quotes of HCL.
func escape(s string) string {
	var out strings.Builder
	for i, r := range s {
		switch r {
		case '\\', '"':
			out.WriteByte('\\')
			out.WriteRune(r)
		case '\n':
			out.WriteString(`\n`)
		case '\r':
			out.WriteString(`\r`)
		case '\t':
			out.WriteString(`\t`)
		case '$', '%':
			out.WriteRune(r)
			if strings.HasPrefix(s[i+1:], "{") {
				out.WriteRune(r)
			}
		default:
			if r < ' ' || r == 0x7f {
				fmt.Fprintf(&out, `\u%04x`, r)
				continue
			}
			out.WriteRune(r)
		}
	}
	return out.String()
}

// within is a text between others that are joined. Where it ends as an escape begins, it
// stands apart.
func within(s string) string {
	if strings.HasSuffix(s, "$") || strings.HasSuffix(s, "%") {
		return "${" + quote(s) + "}"
	}
	return escape(s)
}
