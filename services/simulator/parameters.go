package simulator

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"catsvdogs/services/simulator/wire"
)

// checkQuery looks at each parameter with its own check and refuses those that
// have none.
func checkQuery(query url.Values, checks map[string]func(name string) []wire.Mistake) []wire.Mistake {
	var mistakes []wire.Mistake
	for _, name := range slices.Sorted(maps.Keys(query)) {
		check, known := checks[name]
		if !known {
			all := strings.Join(slices.Sorted(maps.Keys(checks)), ",")
			mistakes = append(mistakes, wire.Mistake{Parameter: name, Values: query[name], Message: "The query parameter [" + name + "] is not one of [" + all + "]"})
			continue
		}
		mistakes = append(mistakes, check(name)...)
	}
	return mistakes
}

// oneOf checks a comma-separated list of known values.
func oneOf(query url.Values, known []string) func(name string) []wire.Mistake {
	return func(name string) []wire.Mistake {
		for value := range strings.SplitSeq(query.Get(name), ",") {
			if !slices.Contains(known, value) {
				return []wire.Mistake{{
					Parameter: name, Values: query[name],
					Message: "The `" + name + "` query parameter value [" + value + "] is not one of [" + strings.Join(known, ",") + "]",
				}}
			}
		}
		return nil
	}
}
