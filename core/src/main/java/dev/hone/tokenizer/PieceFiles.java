package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import dev.hone.tokenizer.SentencePieceModel.Kind;
import dev.hone.tokenizer.SentencePieceModel.Piece;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Tokenizers from a SentencePiece model. */
final class PieceFiles {
  /** ALBERT's own code takes "1," apart; this much less score keeps such pieces out. */
  private static final double NUMBER_WITH_COMMA = 100;

  private final Path file;
  private final SentencePieceModel model;
  private final Family family;
  private final JsonNode options;

  PieceFiles(Path file, SentencePieceModel model, Family family, JsonNode options) {
    this.file = file;
    this.model = model;
    this.family = family;
    this.options = options;
  }

  /** Everything but added tokens and the template around a text. */
  ObjectNode tokenizer() {
    if (VocabFiles.flag(options, "split_by_punct", false)) {
      throw new HoneException(
          file + " with split_by_punct is read from tokenizer.json only; save one beside it");
    }
    boolean prefix = model.addDummyPrefix() && VocabFiles.flag(options, "add_prefix_space", true);
    boolean firstOnly = prefix && !VocabFiles.flag(options, "legacy", true);
    List<ObjectNode> normalizers = normalizers(firstOnly);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (firstOnly) {
      json.set("normalizer", Parts.sequence("normalizers", normalizers));
      json.set(
          "pre_tokenizer",
          Parts.of(
              "Metaspace",
              "replacement",
              Parts.SPACE,
              "prepend_scheme",
              "first",
              "split",
              wordsStandAlone()));
    } else {
      if (prefix) {
        normalizers.add(Parts.of("Prepend", "prepend", Parts.SPACE));
      }
      normalizers.add(Parts.replace(" ", Parts.SPACE));
      json.set("normalizer", Parts.sequence("normalizers", normalizers));
      json.set("pre_tokenizer", wordsStandAlone() ? words() : Parts.none());
    }
    json.set("decoder", Parts.sentencePieceDecoder(prefix));
    json.set("model", model.bpe() ? bpe() : unigram());
    return json;
  }

  /** Pieces that the file itself sets apart from text. */
  List<AddedToken> added() {
    List<AddedToken> added = new ArrayList<>();
    for (Piece piece : pieces()) {
      // Unigram keeps a user's piece whole by its score; so does BPE with a run of spaces by merges
      boolean whole =
          piece.kind() == Kind.USER_DEFINED && model.bpe() && !piece.text().contains(Parts.SPACE);
      if (piece.kind() == Kind.CONTROL || whole) {
        added.add(AddedToken.of(piece.text(), piece.kind() == Kind.CONTROL));
      }
    }
    return added;
  }

  /** In the order of the model's ids: XLM-R's are fairseq's, T5 appends its sentinels backwards. */
  private List<Piece> pieces() {
    if (family == Family.XLM_ROBERTA) {
      List<Piece> pieces = new ArrayList<>();
      for (String token : List.of("<s>", "<pad>", "</s>")) {
        pieces.add(new Piece(token, 0, Kind.CONTROL));
      }
      pieces.add(new Piece("<unk>", 0, Kind.UNKNOWN));
      if (model.pieces().size() < 3 || model.unknownId() != 0) {
        throw new HoneException(
            file + " is not laid out as XLM-R's: expected <unk>, <s> and </s> as its first pieces");
      }
      pieces.addAll(model.pieces().subList(3, model.pieces().size()));
      pieces.add(new Piece("<mask>", 0, Kind.CONTROL));
      return pieces;
    }
    if (family == Family.T5) {
      List<Piece> pieces = new ArrayList<>(model.pieces());
      JsonNode count = options.path("extra_ids");
      int extra = count.isInt() ? count.intValue() : 100;
      if (extra < 0 || extra > 10_000) {
        throw new HoneException(
            file.resolveSibling("tokenizer_config.json") + ": extra_ids is " + extra);
      }
      for (int i = extra - 1; i >= 0; i--) {
        pieces.add(new Piece("<extra_id_" + i + ">", 0, Kind.CONTROL));
      }
      return pieces;
    }
    return model.pieces();
  }

  private List<ObjectNode> normalizers(boolean firstOnly) {
    List<ObjectNode> steps = new ArrayList<>();
    if (family == Family.ALBERT) {
      steps.add(Parts.replaceAll("\\s+", " "));
      steps.add(Parts.replace("``", "\""));
      steps.add(Parts.replace("''", "\""));
      if (!VocabFiles.flag(options, "keep_accents", false)) {
        steps.add(Parts.of("NFKD"));
        steps.add(Parts.of("StripAccents"));
      }
    }
    if (VocabFiles.flag(options, "do_lower_case", family == Family.ALBERT)) {
      steps.add(Parts.of("Lowercase"));
    }
    if (model.charsMap().length > 0) {
      steps.add(
          Parts.of(
              "Precompiled",
              "precompiled_charsmap",
              Base64.getEncoder().encodeToString(model.charsMap())));
    }
    if (model.removeExtraSpaces()) {
      steps.add(Parts.replaceAll(" {2,}", " "));
      // Metaspace knows a first word by its place in the text, so a space before it stays: it is
      // the prefix then.
      steps.add(Parts.replaceAll(firstOnly ? " \\z" : "\\A | \\z", ""));
    }
    return steps;
  }

  /** Whether no piece reaches over the space before a word: then each word can be cached. */
  private boolean wordsStandAlone() {
    return pieces().stream().noneMatch(piece -> piece.text().lastIndexOf(Parts.SPACE) > 0);
  }

  private static ObjectNode words() {
    return Parts.of(
        "Split",
        "pattern",
        Parts.pattern("String", Parts.SPACE),
        "behavior",
        "MergedWithNext",
        "invert",
        false);
  }

  private ObjectNode unigram() {
    List<Piece> pieces = pieces();
    double best =
        pieces.stream()
            .filter(piece -> piece.kind() == Kind.NORMAL)
            .mapToDouble(Piece::score)
            .max()
            .orElse(0);
    ArrayNode vocab = JsonNodeFactory.instance.arrayNode();
    int unknown = 0;
    for (Piece piece : pieces) {
      double score = piece.score();
      if (piece.kind() == Kind.USER_DEFINED) { // SentencePiece's bonus: it always wins
        score = piece.text().getBytes(StandardCharsets.UTF_8).length * best - 0.1;
      } else if (family == Family.ALBERT && endsAsNumberWithComma(piece.text())) {
        score -= NUMBER_WITH_COMMA;
      }
      if (piece.kind() == Kind.UNKNOWN) {
        unknown = vocab.size();
      }
      vocab.addArray().add(piece.text()).add(score);
    }
    return Parts.of(
        "Unigram", "unk_id", unknown, "vocab", vocab, "byte_fallback", model.byteFallback());
  }

  private static boolean endsAsNumberWithComma(String piece) {
    int length = piece.length();
    return length >= 2
        && piece.charAt(length - 1) == ','
        && Character.isDigit(piece.charAt(length - 2));
  }

  private ObjectNode bpe() {
    ObjectNode vocab = JsonNodeFactory.instance.objectNode();
    Map<String, Piece> built = new HashMap<>();
    for (Piece piece : pieces()) {
      vocab.put(piece.text(), vocab.size());
      if (piece.builtFromText()) {
        built.put(piece.text(), piece);
      }
    }
    List<Merge> merges = new ArrayList<>();
    for (Piece piece : built.values()) {
      String text = piece.text();
      for (int cut = text.offsetByCodePoints(0, 1);
          cut < text.length();
          cut = text.offsetByCodePoints(cut, 1)) {
        String left = text.substring(0, cut);
        String right = text.substring(cut);
        if (built.containsKey(left) && built.containsKey(right)) {
          merges.add(new Merge(left, right, piece.score()));
        }
      }
    }
    merges.sort(Merge.FIRST_TO_LAST);
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    merges.forEach(merge -> list.addArray().add(merge.left()).add(merge.right()));
    ObjectNode json = VocabFiles.bpe(vocab, list, model.pieces().get(model.unknownId()).text());
    json.put("fuse_unk", true);
    json.put("byte_fallback", model.byteFallback());
    return json;
  }

  /** The better score merges first; of two ways to one piece, the longer left part. */
  private record Merge(String left, String right, float score) {
    static final Comparator<Merge> FIRST_TO_LAST =
        Comparator.comparing(Merge::score)
            .thenComparing(merge -> merge.left().length())
            .thenComparing(merge -> merge.right().length())
            .reversed()
            .thenComparing(Merge::left)
            .thenComparing(Merge::right);
  }
}
