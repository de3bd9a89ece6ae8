/**
 * First and last names by culture. `Иван:Ivan` is a name and its spelling in Latin letters, for logins and mail addresses; a name without
 * the second part is spelled from its own letters.
 */
const words = (text) => text.trim().split(/\s*,\s*/u);

const norwegian = {
  first: words(
    "Ingrid, Bjørn, Åse, Lars, Sølvi, Håkon, Kari, Øyvind, Marit, Eirik, Solveig, Trygve, Astrid, Pål, Randi, Sindre, Torunn, Vegard",
  ),
  last: words(
    "Hansen, Ødegård, Bråten, Nilsen, Sæther, Lund, Moen, Aasen, Fjellstad, Strøm, Haugland, Øverby, Rønning, Kvåle, Vik, Tveit, Bø, Solheim",
  ),
};
const german = {
  first: words(
    "Jürgen, Käthe, Matthias, Björn, Anneliese, Günter, Sabine, Jörg, Ute, Lukas, Franziska, Moritz, Grete, Tobias, Heike, Uwe, Änne, Rainer",
  ),
  last: words(
    "Müller, Weiß, von der Leyen, Schäfer, Groß, Köhler, Brandt, zu Guttenberg, Vogt, Jäger, Straßer, Krüger, Böhm, Lorenz, Hübner, Meyer-Lüdenscheid, Seidel, von Bülow",
  ),
};
const french = {
  first: words(
    "Zoë, François, Éloïse, Anaïs, Jérôme, Benoît, Chloé, Hélène, Gaël, Noël, Aurélie, Thibault, Océane, Rémy, Solène, Maël, Cédric, Inès",
  ),
  last: words(
    "Lefèvre, d'Estaing, Gagné, Béranger, de La Fontaine, Châtelain, Dubois, L'Hôpital, Côté, Garçon, Maçon, Rousseau, Pélissier, Forêt, Desprès, Tréville, Noël, Le Goff",
  ),
};
const irish = {
  first: words(
    "Aoife, Seán, Siobhán, Niamh, Cillian, Róisín, Conor, Gráinne, Patrick, Maeve, Liam, Órla, Fionn, Caoimhe, Eoin, Bríd, Dermot, Nora",
  ),
  last: words(
    "O'Brien, Murphy, O'Sullivan, Ní Dhomhnaill, McCarthy, Byrne, O'Neill, Ó Súilleabháin, Walsh, D'Arcy, FitzGerald, Kelly, Mac an tSaoir, Quinn, O'Dwyer, Nolan, Burke, Healy",
  ),
};
const polish = {
  first: words(
    "Łukasz, Małgorzata, Paweł, Agnieszka, Wojciech, Grażyna, Michał, Żaneta, Sławomir, Elżbieta, Błażej, Joanna, Kazimierz, Bożena, Tomasz, Świętosława, Radosław, Zofia",
  ),
  last: words(
    "Wiśniewski, Zając, Dąbrowska, Kowalczyk, Woźniak, Szymański, Łukaszewicz, Jabłoński, Błaszczyk, Krawczyk, Żółkiewski, Górski, Świątek, Pająk, Sikora, Ćwikła, Maślanka, Nowak-Gruszczyńska",
  ),
};
const spanish = {
  first: words(
    "José María, Íñigo, Begoña, Ramón, Lucía, Ángel, Concepción, Andrés, Sofía, Óscar, Inés, Joaquín, Rocío, Álvaro, Núria, Tomás, Mónica, Hernán",
  ),
  last: words(
    "García Márquez, Muñoz, Ibáñez, Peña Nieto, Gómez, Núñez, de la Cruz, Ordóñez, Castaño, Ruiz, Álvarez, López y López, Zúñiga, Giménez, Vázquez, del Río, Rodríguez, Sáenz",
  ),
};
const portuguese = {
  first: words(
    "João, Conceição, Luís, Tânia, Antônio, Cátia, Sebastião, Lourenço, Fátima, Gonçalo, Inácia, Simão, Graça, Vítor, Mafalda, Caetano, Assunção, Estêvão",
  ),
  last: words(
    "da Silva, Gonçalves, dos Santos, Magalhães, Conceição, Simões, Araújo, Brandão, Guimarães, Falcão, Leitão, de Sá, Vasconcelos, Patrício, Queirós, Assis, Sampaio, e Castro",
  ),
};
const turkish = {
  first: words(
    "İbrahim:Ibrahim, Işık:Isik, Özlem, Çağlar:Caglar, Gülşen:Gulsen, Şükrü:Sukru, Ayşe:Ayse, Uğur:Ugur, Tuğba:Tugba, Ömer, İpek:Ipek, Barış:Baris",
  ),
  last: words(
    "Yılmaz:Yilmaz, Öztürk, Çelik:Celik, Şahin:Sahin, Aydın:Aydin, Güneş:Gunes, Koç:Koc, Kılıç:Kilic, Doğan:Dogan, Işık:Isik, Ünal, Erdoğdu:Erdogdu",
  ),
};
const vietnamese = {
  first: words(
    "Thị Hạnh, Văn Đức, Minh Tuấn, Thu Hương, Quốc Bảo, Ngọc Ánh, Đình Phúc, Kim Liên, Anh Dũng, Bích Thủy, Hữu Nghĩa, Mỹ Duyên",
  ),
  last: words("Nguyễn, Trần, Lê, Phạm, Huỳnh, Đặng, Bùi, Đỗ, Hồ, Ngô, Dương, Lý"),
};
const greek = {
  first: words(
    "Αλέξανδρος:Alexandros, Ελένη:Eleni, Γεώργιος:Georgios, Μαρία:Maria, Νίκος:Nikos, Σοφία:Sofia, Δημήτρης:Dimitris, Κατερίνα:Katerina, Ηρακλής:Iraklis, Ιωάννα:Ioanna, Σπύρος:Spyros, Χρύσα:Chrysa",
  ),
  last: words(
    "Παπαδόπουλος:Papadopoulos, Οικονόμου:Oikonomou, Βασιλείου:Vasileiou, Νικολάου:Nikolaou, Γεωργίου:Georgiou, Αγγελόπουλος:Angelopoulos, Μακρής:Makris, Ζωγράφου:Zografou, Καραμανλή:Karamanli, Λαμπρινός:Lamprinos, Ψυχογιός:Psychogios, Ξενάκης:Xenakis",
  ),
};
const cyrillic = {
  first: words(
    "Иван:Ivan, Ольга:Olga, Дмитро:Dmytro, Наталія:Nataliia, Сергей:Sergei, Юлия:Yuliya, Олександр:Oleksandr, Людмила:Lyudmila, Фёдор:Fyodor, Ґалина:Galyna, Михайло:Mykhailo, Мария:Mariya",
  ),
  last: words(
    "Петренко:Petrenko, Шевченко:Shevchenko, Кузнецов:Kuznetsov, Щербак:Shcherbak, Їжакевич:Yizhakevych, Соловьёва:Solovyova, Коваленко:Kovalenko, Ющенко:Yushchenko, Бойко:Boiko, Лысенко:Lysenko, Чорновіл:Chornovil, Мельник:Melnyk",
  ),
};
const japanese = {
  first: words(
    "花子:Hanako, 太郎:Taro, 美咲:Misaki, 健太:Kenta, さくら:Sakura, 翔:Sho, 陽菜:Hina, 大輔:Daisuke, 結衣:Yui, 一郎:Ichiro, ひろし:Hiroshi, 真由美:Mayumi",
  ),
  last: words(
    "漢字:Kanji, 山田:Yamada, 佐藤:Sato, 鈴木:Suzuki, 髙橋:Takahashi, 田中:Tanaka, 渡邊:Watanabe, 伊藤:Ito, 𠮷野:Yoshino, 中村:Nakamura, 小林:Kobayashi, 齋藤:Saito",
  ),
};
const arabic = {
  first: words("محمد:Mohammed, فاطمة:Fatima, أحمد:Ahmed, ليلى:Layla, يوسف:Youssef, نور:Nour, خالد:Khaled, مريم:Maryam"),
  last: words(
    "الحسن:Al-Hassan, منصور:Mansour, عبد الرحمن:Abd-al-Rahman, حداد:Haddad, النجار:El-Naggar, سليمان:Suleiman, خوري:Khoury, فارس:Fares",
  ),
};
const indian = {
  first: words("अर्जुन:Arjun, Priya, Sunil, आरती:Aarti, Lakshmi, Ravi, Ananya, Vikram, दीपक:Deepak, Meera"),
  last: words("शर्मा:Sharma, Patel, Krishnamurthy, Iyer, गुप्ता:Gupta, Subramaniam, Rao, Nair, Chatterjee, Singh"),
};

/** How common a culture is at a site: Latin names everywhere, the others mostly at home. */
export const cultures = {
  norwegian,
  german,
  french,
  irish,
  polish,
  spanish,
  portuguese,
  turkish,
  vietnamese,
  greek,
  cyrillic,
  japanese,
  arabic,
  indian,
};

/** Takes `Иван:Ivan` or `Zoë`, gives the name as written and its spelling in Latin letters (which may still have accents). */
export const spelling = (word) => {
  const [written, latin = written] = word.split(":");
  return { written, latin };
};

/** Letters that lose no accent when taken apart. */
const plainLetters = { ß: "ss", æ: "ae", ø: "o", œ: "oe", đ: "d", ð: "d", þ: "th", ł: "l", ı: "i" };

/** Takes Latin letters, gives `a-z`, `0-9`, `-` and `.` only, for logins and mail addresses. */
export const plainLatin = (text) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[ßæøœđðþłı]/gu, (letter) => plainLetters[letter] ?? "")
    .replace(/[^a-z0-9-]/gu, "");
