package dialplan

// Numbering says how numbers are written where a tenant is: once for its plan,
// its emergency numbers and its seats.
type Numbering struct {
	Country       string // country code, digits: "44"
	National      string // prefix of a national number: "0"; "" means none is dialled
	International string // prefix of an international number: "00"
	Outside       string // what seats dial for a line: "9"; "" means nothing
	Withhold      string // what seats dial before a number to withhold theirs: "141"; "" means nothing
	Release       string // what they dial to show it: "1470"; "" means nothing
	// Short are patterns of short national numbers, which have no E.164 form and
	// go out as they are: "1XX", where X is any digit.
	Short []string
}

// UnitedKingdom is the numbering of the United Kingdom with 9 for a line.
func UnitedKingdom() Numbering {
	return Numbering{
		Country: "44", National: "0", International: "00", Outside: "9", Withhold: "141", Release: "1470",
		Short: []string{"1XX", "116XXX", "118XXX"},
	}
}
