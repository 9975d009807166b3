package provision

import (
	"context"
	"fmt"

	"github.com/cenkalti/backoff/v5"

	"catsvdogs/kibana"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/provision/savedobjects"
)

// wanted is a saved object as it is to be in Kibana.
type wanted struct {
	savedobjects.Object
	line []byte // of the import
}

// wantedObjects returns the data views and dashboards of the contest; none without Kibana.
func wantedObjects(cfg Config) ([]wanted, error) {
	if cfg.Kibana.KibanaURL == "" {
		return nil, nil
	}
	c, err := contest.Load(cfg.Contest)
	if err != nil {
		return nil, err
	}
	objects, err := kibana.Objects(c)
	if err != nil {
		return nil, err
	}
	all := make([]wanted, len(objects))
	for i, o := range objects {
		parsed, err := savedobjects.Parse(o.JSON)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.Type, o.ID, err)
		}
		all[i] = wanted{Object: *parsed, line: append(o.JSON[:len(o.JSON):len(o.JSON)], '\n')}
	}
	return all, nil
}

// dashboards brings Kibana's data views and dashboards to what is wanted: those that are missing are imported, those
// that nobody has changed since they were imported are updated, and those that a person has changed are left alone,
// unless --overwrite-dashboards is given. Kibana's word that an import was a success proves nothing, so each object is
// read back.
func (p *provisioner) dashboards(ctx context.Context) error {
	client, err := savedobjects.Connect(p.cfg.Kibana)
	if err != nil {
		return backoff.Permanent(err)
	}
	version, err := client.Ready(ctx)
	if err != nil {
		return refusedByKibana(err, version)
	}
	index, err := p.indexServer()
	if err != nil {
		return err
	}
	k := &kibanaServer{
		client: client, tell: p.tell, overwrite: p.cfg.OverwriteDashboards,
		memory: &memory{server: index, replicas: p.cfg.IndexReplicas},
	}
	if err := k.memory.open(ctx); err != nil {
		return refusedByIndex(fmt.Errorf("index %s: %w", memoryIndex, err))
	}
	return refusedByKibana(k.ensure(ctx, p.objects), version)
}

// kibanaServer is Kibana as provision uses it.
type kibanaServer struct {
	client    *savedobjects.Client
	memory    *memory
	tell      func(subject, format string, args ...any)
	overwrite bool
}

// plan is what is to be done with an object.
type plan struct {
	wanted
	outcome string // for people, once it is done
}

func (k *kibanaServer) ensure(ctx context.Context, all []wanted) error {
	var create, replace []plan
	for _, w := range all {
		present, err := k.client.Get(ctx, w.Ref)
		if err != nil {
			return fmt.Errorf("read %s: %w", w.Ref, err)
		}
		if present == nil {
			create = append(create, plan{w, "made"})
			continue
		}
		was, err := k.memory.recall(ctx, w.Ref)
		if err != nil {
			return refusedByIndex(fmt.Errorf("index %s: %w", memoryIndex, err))
		}
		switch {
		case isAsWanted(w.Object, *present), was.isUntouched(*present) && was.Source == digest(w.Object):
			// A run that was stopped between the import and the note of it left none, or that of an older source. One
			// of this source that is not what is there now means that a person has added something.
			now := rememberedOf(w.Object, *present)
			if now != was && (now.Source != was.Source || was.isUntouched(*present)) {
				if err := k.memory.note(ctx, w.Ref, now); err != nil {
					return refusedByIndex(fmt.Errorf("index %s: %w", memoryIndex, err))
				}
			}
			k.tell(w.String(), "found")
		case was.isUntouched(*present):
			replace = append(replace, plan{w, "updated"})
		case k.overwrite:
			replace = append(replace, plan{w, "overwritten, as --overwrite-dashboards says"})
		default:
			k.tell(w.String(), "different: a person has changed it (last saved %s); left as it is (--overwrite-dashboards replaces it)", present.UpdatedAt)
		}
	}
	if err := k.importAll(ctx, create, false); err != nil {
		return err
	}
	return k.importAll(ctx, replace, true)
}

// importAll imports in one request, so that a dashboard never comes without its data view, and reads everything back.
func (k *kibanaServer) importAll(ctx context.Context, plans []plan, overwrite bool) error {
	if len(plans) == 0 {
		return nil
	}
	var file []byte
	for _, p := range plans {
		file = append(file, p.line...)
	}
	if err := k.client.Import(ctx, file, overwrite); err != nil {
		return err
	}
	for _, p := range plans {
		stored, err := k.client.Get(ctx, p.Ref)
		if err != nil {
			return fmt.Errorf("read %s back: %w", p.Ref, err)
		}
		if stored == nil {
			return fmt.Errorf("%s: Kibana says that it was imported, and does not have it", p.Ref)
		}
		incomplete := complete(p.Object, *stored)
		now := rememberedOf(p.Object, *stored)
		if incomplete != nil {
			now.Source = "" // so that the next run imports it again, and does not take it for a person's work
		}
		if err := k.memory.note(ctx, p.Ref, now); err != nil {
			return refusedByIndex(fmt.Errorf("index %s: %w", memoryIndex, err))
		}
		if incomplete != nil {
			return backoff.Permanent(fmt.Errorf("%s: imported, but %w", p.Ref, incomplete))
		}
		k.tell(p.String(), "%s", p.outcome)
	}
	return nil
}
