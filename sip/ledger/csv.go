package ledger

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// appendCSV adds one line to a CSV file's text (RFC 4180). The writer of package
// csv would take a new buffer for each.
func appendCSV(dst []byte, cells []string) []byte {
	for i, c := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		if !strings.ContainsAny(c, ",\"\r\n") {
			dst = append(dst, c...)
			continue
		}
		dst = append(dst, '"')
		dst = append(dst, strings.ReplaceAll(c, `"`, `""`)...)
		dst = append(dst, '"')
	}
	return append(dst, '\n')
}

// columns are the fields of the records, those of embedded structs included.
var columns = map[reflect.Type][]reflect.StructField{
	reflect.TypeFor[CDR]():       fields(reflect.TypeFor[CDR]()),
	reflect.TypeFor[LegRecord](): fields(reflect.TypeFor[LegRecord]()),
}

func fields(t reflect.Type) []reflect.StructField {
	var list []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous {
			list = append(list, f)
		}
	}
	return list
}

// names are the column names of a record: its JSON names.
func names(row any) []string {
	var list []string
	for _, f := range columns[reflect.TypeOf(row)] {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		list = append(list, name)
	}
	return list
}

// cells are the values of a record, in the order of names.
func cells(row any) []string {
	v := reflect.ValueOf(row)
	columns := columns[v.Type()]
	list := make([]string, 0, len(columns))
	for _, f := range columns {
		list = append(list, cell(v.FieldByIndex(f.Index).Interface()))
	}
	return list
}

// cell guards a CSV cell against being taken for a formula.
func cell(v any) string {
	var s string
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		s = v
	default:
		s = fmt.Sprint(v)
	}
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
