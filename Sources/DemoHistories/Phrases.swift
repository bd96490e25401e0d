/// What learners write and graders answer, as plain text. Each language brings something that a careless copy breaks.
enum Phrases {
  struct Language: Sendable {
    /// One-line answers to short questions.
    var answers: [String]
    /// Sentences of essays and feedback. They are chained as they are, so each ends in a space or a line break.
    var sentences: [String]
  }

  /// The languages of courses. English comes first and is the most frequent one.
  static let languages = [english, spanish, chinese, arabic, emoji, marks]

  /// Typewriter quotes of both kinds, which SQL and JSON escape differently, and line breaks.
  private static let english = Language(
    answers: [
      "I don't know", "photosynthesis", "The 'null hypothesis'", "supply & demand", "O'Brien", "it's \"both\"",
    ],
    sentences: [
      "The learner's answer doesn't say why the current lags behind the voltage. ",
      "I think that it's the second law, because entropy can't decrease in an isolated system. ",
      "As the author puts it, \"a map is not the territory\", and that's all there is to say.\n",
      "First I tried to factor the polynomial, then I used the quadratic formula and checked both roots. ",
      "In the long run prices adjust, so the curve is vertical; in the short run they don't. ",
      "Let \\(f(x) = \\frac{1}{x}\\); then f isn't bounded near 0, so the theorem doesn't apply.\n\n",
      "<p class=\"feedback\">Correct so far, but what happens for n = 0?</p>\n",
      "See 'C:\\data\\week3.csv' for the table; 100% of the rows have a \"grade\" column. ",
    ])

  /// Latin letters beyond ASCII, two bytes each, and inverted punctuation.
  private static let spanish = Language(
    answers: ["No lo sé", "el año pasado", "¿Qué?", "la señal", "fotosíntesis", "corazón"],
    sentences: [
      "La función es continua en el intervalo, así que alcanza su máximo según el teorema de Weierstrass. ",
      "¿Por qué disminuye la presión? Porque el volumen aumentó y la temperatura no cambió.\n",
      "El niño soñó con un pingüino que vivía en la montaña más alta del país. ",
      "¡Muy bien! Solo falta explicar cómo se relacionan la oferta y la demanda a través del precio. ",
      "Según García Márquez, «la vida no es la que uno vivió, sino la que uno recuerda». ",
      "Además, el número de moléculas está dado por la ecuación pV = nRT. ",
    ])

  /// Three bytes a character, full-width punctuation, and one ideograph beyond the basic plane (U+20BB7, four bytes).
  private static let chinese = Language(
    answers: ["不知道", "光合作用", "第二定律", "北京", "𠮷野家", "三分之一"],
    sentences: [
      "因为温度升高，所以气体的体积增大，压强保持不变。",
      "我认为第二个答案是正确的，理由如下：\n",
      "首先求导数，然后令其等于零，最后检验端点。 ",
      "需求曲线向右移动，“均衡价格”因此上升。",
      "𠮷田先生的实验说明，这个假设不能成立。 ",
      "请注意：单位是千克，不是克！",
    ])

  /// Written from right to left, with vowel signs that are characters of their own.
  private static let arabic = Language(
    answers: ["لا أعرف", "القاهرة", "التمثيل الضوئي", "نعم", "قانون نيوتن", "كِتَابٌ"],
    sentences: [
      "تزداد سرعة الجسم لأن القوة المؤثرة عليه ثابتة. ",
      "أعتقد أن الإجابة الثانية صحيحة، والسبب هو قانون حفظ الطاقة.\n",
      "ما هو الفرق بين العرض والطلب؟ ",
      "العِلْمُ نُورٌ وَالجَهْلُ ظَلَامٌ. ",
      "الناتج هو ٣٫١٤ تقريبًا. ",
    ])

  /// Four-byte characters, which `utf8` (three bytes at most) of MySQL turns into question marks, and joined sequences.
  private static let emoji = Language(
    answers: ["🙂", "yes 👍🏽", "👩‍🔬", "42 🎉", "idk 🤷", "🇲🇽"],
    sentences: [
      "Great job 🎉 you've got it! ",
      "Not quite 😕 look at the sign of the second term again. ",
      "I asked my team 👩‍🔬👨🏾‍💻 and we all think it's answer c. ",
      "Mass × acceleration = force 🚀🚀🚀\n",
      "That's what the video says at 3:45 ▶️ but the book says otherwise 📚. ",
    ])

  /// Letters with combining marks, composed and decomposed: equal for a collation, different in bytes.
  private static let marks = Language(
    answers: ["ha\u{302}te", "hâte", "Việt Nam", "Vie\u{323}\u{302}t Nam", "क्षेत्र", "Ångström"],
    sentences: [
      "L'e\u{301}te\u{301} dernier, nous avons mesuré la même longueur d'onde à l'œil nu. ",
      "Nước sôi ở một trăm độ khi áp suất là một át-mốt-phe. ",
      "ऊर्जा न तो उत्पन्न होती है और न ही नष्ट होती है। ",
      "Der Würfel fa\u{308}llt, ohne daß sich die Größe ändert; siehe „Übung 3“.\n",
      "Zażółć gęślą jaźń: le «\u{a0}nombre d'or\u{a0}» vaut environ 1,618. ",
    ])

  /// Programs, for problems that are graded by a queue: tabs, back-slashes and both quotes.
  static let code = Language(
    answers: ["return x", "print('hi')", "x = [i**2 for i in range(10)]", "lambda s: s[::-1]", "'\\n'.join(rows)"],
    sentences: [
      "def mean(values):\n    return sum(values) / len(values)\n\n",
      "for line in open('data.txt'):\n    print(line.rstrip('\\n').split(\"\\t\"))\n",
      "import re\nword = re.compile(r'^\\w+\\s*$')\n",
      "class Stack(object):\n    def __init__(self):\n        self.items = []\n\n",
      "\tif x != None and not x == '':\n\t\treturn \"%s's\" % x\n",
      "# TODO: why doesn't this work for n < 0?\n",
    ])

  static let choices = ["choice_0", "choice_1", "choice_2", "choice_3", "choice_4"]
  static let checkboxes = [
    ["choice_0"], ["choice_1", "choice_3"], ["choice_0", "choice_2", "choice_4"], ["choice_2"], [],
  ]
  static let numbers = ["3.14159", "42", "-1.6e-19", "0.5", "1/3", "9.81", "1e6", "0", "2.718"]
  static let formulas = ["m*c^2", "x^2+2*x*y+y^2", "sqrt(2)/2", "\\frac{1}{2}gt^2", "R_1*R_2/(R_1+R_2)", "-b/(2*a)"]
}
