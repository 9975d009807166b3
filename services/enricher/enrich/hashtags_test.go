package enrich

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHashtagsAreThoseThatXLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields string
		want   []string
	}{
		"by code points, not bytes": {`"text":"🐱🐱 ＃Cat and #Kätzchen","entities":{"hashtags":[{"start":3,"end":7,"tag":"Cat"},{"start":12,"end":21,"tag":"Kätzchen"}]}`, []string{"cat", "kätzchen"}},
		"listed in another order":   {`"text":"#a1 #b1 #c1","entities":{"hashtags":[{"start":8,"end":11,"tag":"c1"},{"start":0,"end":3,"tag":"a1"},{"start":4,"end":7,"tag":"b1"}]}`, []string{"a1", "b1", "c1"}},
		"at wrong places":           {`"text":"#dog #cat","entities":{"hashtags":[{"start":-5,"end":2,"tag":"lost"},{"start":0,"end":4,"tag":"nodog"},{"start":5,"end":9,"tag":"cat"},{"start":0,"end":99999,"tag":"far"}]}`, []string{"cat", "lost", "nodog", "far"}},
		"without places":            {`"text":"#dog","entities":{"hashtags":[{"tag":"Dog"},{"tag":"CAT"}]}`, []string{"dog", "cat"}},
		"places that are no places": {`"text":"#dog #cat","entities":{"hashtags":[{"start":"0","end":4.5,"tag":"dog"},{"start":1e99,"end":null,"tag":"cat"}]}`, []string{"dog", "cat"}},
		"twice":                     {`"text":"#cat #CAT","entities":{"hashtags":[{"start":0,"end":4,"tag":"cat"},{"start":5,"end":9,"tag":"CAT"}]}`, []string{"cat"}},
		"of a long text": {`"text":"é #cat and …","entities":{"hashtags":[{"start":2,"end":6,"tag":"cat"}]},` +
			`"note_tweet":{"text":"é #cat and also a #dog","entities":{"hashtags":[{"start":2,"end":6,"tag":"cat"},{"start":18,"end":22,"tag":"dog"}]}}`, []string{"cat", "dog"}},
		"of the short text alone": {`"text":"so #cute","entities":{"hashtags":[{"start":3,"end":8,"tag":"cute"}]},"note_tweet":{"text":"it is a story, and so #cute"}`, []string{"cute"}},
		"nobody asked for them":   {`"text":"A #Cat_1, (#ねこ) 1#2 a#b #9 &#39; x/#y ##z #\u00e9 #e\u0301 ＃ok#not #"`, []string{"cat_1", "ねこ", "\u00e9", "e\u0301", "ok"}},
		"there are none":          {`"text":"a cat"`, []string{}},
		"there is no text":        {`"lang":"en"`, []string{}},
	} {
		if diff := cmp.Diff(c.want, bodyOf(t, c.fields).hashtags()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
