package world

var portuguese = phrasebook{
	lang: "pt", share: 0.06,
	animals: [3][]string{
		anything: {"favorito", "clássico"},
		cats:     {"gato", "gatinho", "bichano"},
		dogs:     {"cachorro", "cãozinho", "filhote"},
	},
	acts: [3][]string{
		anything: {"alegrou o meu dia", "nunca falha", "surpreendeu todo mundo"},
		cats:     {"dormiu em cima do teclado", "derrubou a minha xícara", "preferiu a caixa", "ronrona como um motor"},
		dogs:     {"trouxe todas as meias", "achou a maior poça", "late para o aspirador", "espera na porta"},
	},
	moods:  []string{"feliz", "sonolento", "rabugento", "orgulhoso", "curioso", "triste", "calmo", "corajoso"},
	places: []string{"no jardim", "no sofá", "na praia", "debaixo da mesa", "perto da janela", "na casa da avó"},
	things: []string{"bola", "manta", "caixa de papelão", "cenoura", "almofada", "torta"},
	pets: []string{
		"Meu {animal} {act} {emoji}",
		"{name} está tão {mood} hoje {place} {emoji}",
		"Esse {animal} {act} e eu não paro de rir {face}",
		"Será normal um {animal} tão {mood}? {face}",
		"Aniversário de {name}, o melhor {animal} do mundo {emoji}🎂",
	},
	generic: []string{"Hoje {topic} {place} {emoji}", "Meu {topic} {act} {face}", "Time {tag} sempre {emoji}"},
	both:    []string{"{topic} e {other} juntos {place} {emoji}", "Quem disse que {topic} e {other} não combinam? {face}"},
	neutral: []string{"Manhã calma {place} {face}", "Perdi a minha {thing} de novo {face}"},
	promos:  []string{"PROMOÇÃO! {number}% de desconto em cada {thing} {emoji} Use o código PATAS{number}"},
	alt:     "Uma imagem inventada de um bicho de estimação",
}
