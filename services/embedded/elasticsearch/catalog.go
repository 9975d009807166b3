package elasticsearch

import (
	"encoding/json"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode"
)

// catalog is what the store knows besides documents. A catalog is never changed once readers can see it: the writer
// works on a clone and publishes it when its transaction is committed.
type catalog struct {
	indices    map[string]*index
	fields     map[string]int64 // numbers of field paths, shared by all indices
	templates  map[string]*template
	components map[string]*template
}

// index is one index. It is not changed, only replaced.
type index struct {
	id      int64
	name    string
	uuid    string
	created int64 // milliseconds since 1970
	mapping *field
	// definition is the mapping as JSON, which equal mappings have in common.
	definition string
	settings   map[string]string          // flat: "index.number_of_shards"
	aliases    map[string]json.RawMessage // the filter, or nil
}

func (c *catalog) clone() *catalog {
	return &catalog{indices: maps.Clone(c.indices), fields: maps.Clone(c.fields), templates: maps.Clone(c.templates), components: maps.Clone(c.components)}
}

// scope is an index as reached under a name: by a filtered alias only some of its documents are seen.
type scope struct {
	index  *index
	filter json.RawMessage
}

// resolve returns the indices that target names: a comma-separated list of names, aliases and patterns with *.
// A name that is nothing is an error unless missing is allowed; a pattern that matches nothing is not.
func (c *catalog) resolve(target string, allowMissing bool) ([]scope, error) {
	if target == "" || target == "_all" {
		target = "*"
	}
	found := map[string]scope{}
	add := func(s scope) {
		// Reached by its own name or an open alias, an index is seen whole, whatever else reaches it.
		if old, ok := found[s.index.name]; !ok || old.filter != nil {
			found[s.index.name] = s
		}
	}
	for name := range strings.SplitSeq(target, ",") {
		if excluded, ok := strings.CutPrefix(name, "-"); ok {
			maps.DeleteFunc(found, func(index string, _ scope) bool { return wildcard(excluded, index) })
			continue
		}
		isPattern, matched := strings.Contains(name, "*"), false
		for _, x := range c.indices {
			if wildcard(name, x.name) {
				add(scope{index: x})
				matched = true
				continue
			}
			for alias, filter := range x.aliases {
				if wildcard(name, alias) {
					add(scope{index: x, filter: filter})
					matched = true
				}
			}
		}
		if !matched && !isPattern && !allowMissing {
			return nil, noSuchIndex(name)
		}
	}
	scopes := slices.Collect(maps.Values(found))
	slices.SortFunc(scopes, func(a, b scope) int { return strings.Compare(a.index.name, b.index.name) })
	return scopes, nil
}

// wildcard says whether name matches a pattern in which only * is special.
func wildcard(pattern, name string) bool {
	if !strings.Contains(pattern, "*") {
		return pattern == name
	}
	ok, err := path.Match(strings.NewReplacer(`\`, `\\`, "?", `\?`, "[", `\[`).Replace(pattern), name)
	return err == nil && ok
}

// writable returns the index that a write to name goes to, or nil if there is none yet.
func (c *catalog) writable(name string) (*index, error) {
	if x := c.indices[name]; x != nil {
		return x, nil
	}
	var behind []*index
	for _, x := range c.indices {
		if _, ok := x.aliases[name]; ok {
			behind = append(behind, x)
		}
	}
	switch len(behind) {
	case 0:
		return nil, checkIndexName(name)
	case 1:
		return behind[0], nil
	}
	return nil, badArgument("no write index is defined for alias [%s]. The write index may be explicitly disabled using is_write_index=false or the alias points to multiple indices without one being designated as a write index", name)
}

// checkIndexName applies the rules of
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/indices-create-index.html#indices-create-api-path-params.
func checkIndexName(name string) error {
	why := ""
	switch {
	case name == "" || name == "." || name == "..":
		why = "must not be empty, '.' or '..'"
	case strings.ContainsAny(name, `\/*?"<>| ,#:`):
		why = `must not contain the following characters [' ','"','*',',','/','<','>','?','\','|','#',':']`
	case strings.ContainsAny(name[:1], "_-+"):
		why = "must not start with '_', '-', or '+'"
	case strings.ContainsFunc(name, unicode.IsUpper):
		why = "must be lowercase"
	case len(name) > 255:
		why = "index name is too long, (255 bytes at most)"
	default:
		return nil
	}
	f := fail(http.StatusBadRequest, "invalid_index_name_exception", "Invalid index name [%s], %s", name, why)
	f.index = name
	return f
}

// number returns the number of a field path, giving it one if it has none. The caller owns the catalog.
func (c *catalog) number(path string) int64 {
	id, ok := c.fields[path]
	if !ok {
		id = int64(len(c.fields)) + 1
		c.fields[path] = id
	}
	return id
}
