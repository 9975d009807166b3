package browser

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPictures keeps what each scene looks like on each screen in the folder PICTURES, to be looked at.
func TestPictures(t *testing.T) {
	folder := os.Getenv("PICTURES")
	if folder == "" {
		t.Skip("set PICTURES to a folder")
	}
	for name, scene := range scenes(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, address := stageOf(t, scene)
			b := newBrowser(t).open(t, "about:blank")
			for _, l := range looks {
				b.as(t, l)
				b.do(t, chromedp.Navigate(address))
				b.await(t, "document.getElementById('headline').textContent !== ''")
				b.take(t, filepath.Join(folder, name+"-"+l.name+".png"), false)
				if l.phone {
					b.take(t, filepath.Join(folder, name+"-"+l.name+"-whole.png"), true)
				}
				if name != "evening" && name != "six" {
					continue
				}
				b.do(t, chromedp.Navigate(s.URL+"/embed"))
				b.as(t, look{width: 480, height: 300, scale: 1, dark: l.dark})
				b.await(t, "document.getElementById('headline').textContent !== ''")
				b.take(t, filepath.Join(folder, name+"-card-"+l.name+".png"), false)
			}
		})
	}
}

func (b *tab) take(t *testing.T, file string, full bool) {
	t.Helper()
	evaluate[bool](t, b, "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))")
	action := chromedp.CaptureScreenshot()
	if full {
		action = chromedp.FullScreenshot(100)
	}
	png, err := chromedp.Run(b.ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o600); err != nil {
		t.Fatal(err)
	}
}
