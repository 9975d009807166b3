package world

var japanese = phrasebook{
	lang: "ja", share: 0.06,
	animals: [3][]string{
		anything: {"お気に入り", "定番"},
		cats:     {"猫", "子猫", "うちの猫"},
		dogs:     {"犬", "子犬", "うちの犬"},
	},
	acts: [3][]string{
		anything: {"最高でした", "やっぱり一番", "みんな驚いた"},
		cats:     {"キーボードの上で寝ています", "コップを落としました", "箱に入りました", "ゴロゴロ言っています"},
		dogs:     {"靴下を全部持ってきました", "水たまりを見つけました", "掃除機に吠えています", "玄関で待っています"},
	},
	moods:  []string{"ごきげん", "眠そう", "不機嫌", "得意げ", "のんびり", "悲しそう", "元気"},
	places: []string{"庭で", "ソファで", "海で", "テーブルの下で", "窓のそばで", "台所で"},
	things: []string{"ボール", "毛布", "段ボール箱", "にんじん", "クッション", "ケーキ"},
	pets: []string{
		"{animal}が{act}{emoji}",
		"{name}は今日も{mood}です{emoji} {place}のんびり",
		"{place}{animal}が{act}{face}",
		"{name}、お誕生日おめでとう{emoji}🎂",
	},
	generic: []string{"今日の{topic}は{act}{emoji}", "{place}{topic} {face}", "やっぱり {tag} {emoji}"},
	both:    []string{"{topic}と{other}が{place}一緒{emoji}", "{topic}も{other}も大好き{face}"},
	neutral: []string{"{place}ゆっくり{face}", "{thing}をなくしました{face}"},
	promos:  []string{"セール!{thing}が{number}%オフ{emoji} コード PAWS{number} を使ってね"},
	alt:     "ペットの架空の写真",
}
