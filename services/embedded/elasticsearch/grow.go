package elasticsearch

import (
	"context"
	"net/http"
)

// putMapping adds fields to indices. A document that was stored before is found by a new multi-field once it is stored
// anew with other content.
func (h *handler) putMapping(r request) (reply, error) {
	added, err := parseMapping(r.body)
	if err != nil {
		return reply{}, err
	}
	err = h.store.transact(r.context, func(ctx context.Context, w *writer, c *catalog) error {
		scopes, err := c.resolve(r.path["target"], r.query.Get("ignore_unavailable") == "true")
		if err != nil {
			return err
		}
		for _, s := range scopes {
			if err := checkGrowth("", s.index.mapping, added); err != nil {
				return err
			}
			grown, err := merge(s.index.mapping, added)
			if err == nil {
				err = checkFieldCount(grown)
			}
			if err == nil {
				err = w.growMapping(ctx, c, s.index, grown)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return reply{http.StatusOK, map[string]any{"acknowledged": true}}, err
}

// checkGrowth refuses what would change fields that documents have been stored with, as
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/indices-put-mapping.html says. path is empty at the root.
func checkGrowth(path string, have, more *field) error {
	if have == nil {
		return nil
	}
	changed := func(parameter string, from, to any) error {
		return badArgument("Mapper for [%s] conflicts with existing mapper:\n\tCannot update parameter [%s] from [%v] to [%v]", path, parameter, from, to)
	}
	switch {
	case have.kind != more.kind:
		return badArgument("mapper [%s] cannot be changed from type [%s] to [%s]", path, have.kind, more.kind)
	case have.unindexed != more.unindexed:
		return changed("index", !have.unindexed, !more.unindexed)
	case have.format != more.format:
		return changed("format", have.format, more.format)
	}
	for name, child := range more.properties {
		if err := checkGrowth(join(path, name), have.properties[name], child); err != nil {
			return err
		}
	}
	for name, variant := range more.variants {
		if err := checkGrowth(join(path, name), have.variants[name], variant); err != nil {
			return err
		}
	}
	return nil
}
