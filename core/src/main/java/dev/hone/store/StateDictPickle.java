package dev.hone.store;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The pickle in which torch saves a state dict: names, and for each the storage that holds its
 * numbers. Fastai's learners save the state of their optimiser beside it, which is passed over.
 *
 * <p>A pickle is a program. This machine knows the instructions that make dictionaries, lists,
 * tuples, texts and numbers, and few names: two that stand for a tensor, one for an ordered
 * dictionary, those of storages, and some that an optimiser's state mentions and that make nothing
 * here. It calls nothing; every other instruction and name is refused. Its memory is bounded by the
 * length of the program.
 */
final class StateDictPickle {
  /** The numbers that some tensors look at, under a key in the archive. */
  record Storage(String key, DType dtype, long elements) {}

  /**
   * A tensor: elements of a storage in row-major order.
   *
   * @param offset of the first, in elements
   */
  @SuppressWarnings("ArrayRecordComponent")
  record View(Storage storage, long offset, long[] shape) {
    long bytes() {
      return TensorEntry.bytes(storage.dtype(), shape);
    }
  }

  /** A name that the program may mention. */
  private record Known(String name, @Nullable DType dtype) {}

  static final String TENSOR = "torch._utils _rebuild_tensor_v2";
  static final String ORDERED = "collections OrderedDict";

  /** More than any file holds, and few enough that their bytes can be counted. */
  private static final long MOST_ELEMENTS = 1L << 48;

  private static final String PARAMETER = "torch._utils _rebuild_parameter";

  /** What an optimiser's state is made of beside tensors. */
  private static final Set<String> PASSED_OVER =
      Set.of(
          "fastcore.foundation L",
          "numpy dtype",
          "numpy.core.multiarray scalar",
          "numpy._core.multiarray scalar",
          "_codecs encode");

  private static final Map<String, Known> KNOWN = new HashMap<>();

  static {
    Stream.concat(Stream.of(TENSOR, PARAMETER, ORDERED), PASSED_OVER.stream())
        .forEach(name -> KNOWN.put(name, new Known(name, null)));
    List<DType> typed = Stream.of(DType.values()).filter(type -> !type.isF8()).toList();
    for (DType type : typed) {
      KNOWN.put(storageClass(type), new Known(storageClass(type), type));
    }
  }

  /** What torch calls a storage of this type; those of eight bits have none of their own. */
  static String storageClass(DType type) {
    return switch (type) {
      case F64 -> "torch DoubleStorage";
      case F32 -> "torch FloatStorage";
      case F16 -> "torch HalfStorage";
      case BF16 -> "torch BFloat16Storage";
      case I64 -> "torch LongStorage";
      case I32 -> "torch IntStorage";
      case I16 -> "torch ShortStorage";
      case I8 -> "torch CharStorage";
      case U8 -> "torch ByteStorage";
      case BOOL -> "torch BoolStorage";
      case F8_E4M3, F8_E5M2 ->
          throw new HoneException(type + " has no storage in torch's files; use safetensors");
    };
  }

  private enum Sign {
    MARK,
    NONE,
    /** Something that no tensor is made of. */
    OTHER
  }

  private record Tuple(List<Object> items) {}

  private static final class Dict extends LinkedHashMap<Object, Object> {
    private static final long serialVersionUID = 1L;
  }

  private final Path file;
  private final ByteBuffer program;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private StateDictPickle(Path file, byte[] program) {
    this.file = file;
    this.program = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The tensors of a pickled dictionary, by name.
   *
   * @throws HoneException where it holds anything else
   */
  static Map<String, View> read(Path file, byte[] program) {
    return new StateDictPickle(file, program).run();
  }

  private Map<String, View> run() {
    while (true) {
      int code = next();
      Opcode opcode = Opcode.of(code).orElseThrow(() -> damaged("has the instruction " + code));
      if (opcode == Opcode.STOP) {
        break;
      }
      execute(opcode);
    }
    if (stack.size() != 1 || !(stack.getFirst() instanceof Dict dict)) {
      throw damaged("holds no dictionary of tensors");
    }
    boolean beside = dict.keySet().equals(Set.of("model", "opt")); // so fastai's learners save
    Map<String, View> tensors = new LinkedHashMap<>();
    (beside && dict.get("model") instanceof Dict model ? model : dict)
        .forEach(
            (key, value) -> {
              if (!(key instanceof String name)) {
                throw damaged("has a dictionary whose keys are no texts");
              }
              if (!(value instanceof View view)) {
                throw new HoneException(
                    file + ": '" + name + "' is no tensor; only dictionaries of tensors are read");
              }
              tensors.put(name, view);
            });
    return tensors;
  }

  private void execute(Opcode opcode) {
    switch (opcode) {
      case PROTO -> requireProtocol(next());
      case MARK -> stack.add(Sign.MARK);
      case NONE -> stack.add(Sign.NONE);
      case NEWTRUE -> stack.add(true);
      case NEWFALSE -> stack.add(false);
      case BININT -> stack.add((long) take(4).getInt());
      case BININT1 -> stack.add((long) next());
      case BININT2 -> stack.add((long) Short.toUnsignedInt(take(2).getShort()));
      case LONG1 -> stack.add(integer(next()));
      case BINUNICODE -> stack.add(text(take(4).getInt()));
      case EMPTY_DICT -> stack.add(new Dict());
      case EMPTY_LIST -> stack.add(Sign.OTHER);
      case APPEND -> append(top(1));
      case APPENDS -> append(fromMark());
      case NEWOBJ -> reduce();
      case BINFLOAT -> {
        double ignored = take(8).getDouble();
        stack.add(Sign.OTHER);
      }
      case EMPTY_TUPLE -> stack.add(new Tuple(List.of()));
      case TUPLE1 -> stack.add(new Tuple(top(1)));
      case TUPLE2 -> stack.add(new Tuple(top(2)));
      case TUPLE3 -> stack.add(new Tuple(top(3)));
      case TUPLE -> stack.add(new Tuple(fromMark()));
      case BINPUT -> memo.put(next(), peek());
      case LONG_BINPUT -> memo.put(take(4).getInt(), peek());
      case BINGET -> stack.add(remembered(next()));
      case LONG_BINGET -> stack.add(remembered(take(4).getInt()));
      case GLOBAL -> stack.add(known(line() + " " + line()));
      case BINPERSID -> stack.add(storage(pop()));
      case REDUCE -> reduce();
      case SETITEM -> set(top(2));
      case SETITEMS -> set(fromMark());
      case BUILD -> build(pop());
      default ->
          throw new HoneException(
              file
                  + ": the pickle instruction "
                  + opcode
                  + " makes something else than tensors and is refused; nothing was run");
    }
  }

  /** Torch writes 2, and its own safe reader knows no other. */
  private void requireProtocol(int version) {
    if (version != 2) {
      throw new HoneException(
          file + ": pickle protocol " + version + ", expected 2, which torch.save writes");
    }
  }

  // The program

  private int next() {
    return Byte.toUnsignedInt(take(1).get());
  }

  /** The program, of which that many bytes are left. */
  private ByteBuffer take(int bytes) {
    if (bytes < 0 || bytes > program.remaining()) {
      throw damaged("ends in the middle of an instruction");
    }
    return program;
  }

  private String text(int length) {
    ByteBuffer left = take(length);
    byte[] utf8 = new byte[length];
    left.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private String line() {
    int start = program.position();
    int last = next();
    while (last != '\n') {
      last = next();
    }
    int length = program.position() - 1 - start;
    return new String(program.array(), start, length, StandardCharsets.UTF_8);
  }

  private long integer(int bytes) {
    if (bytes > Long.BYTES) {
      throw damaged("has a number of " + bytes + " bytes");
    }
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      long part = next();
      value |= (i == bytes - 1 ? (long) (byte) part : part) << (8 * i);
    }
    return value;
  }

  // The stack

  private Object peek() {
    if (stack.isEmpty()) {
      throw damaged("takes from an empty stack");
    }
    return stack.getLast();
  }

  private Object pop() {
    Object last = peek();
    stack.removeLast();
    return last;
  }

  private List<Object> top(int count) {
    if (stack.size() < count) {
      throw damaged("takes from an empty stack");
    }
    return cut(stack.size() - count);
  }

  private List<Object> fromMark() {
    int mark = stack.lastIndexOf(Sign.MARK);
    if (mark < 0) {
      throw damaged("goes back to a mark that is not there");
    }
    List<Object> items = cut(mark + 1);
    stack.removeLast();
    return items;
  }

  private List<Object> cut(int from) {
    List<Object> tail = stack.subList(from, stack.size());
    List<Object> items = List.copyOf(tail);
    tail.clear();
    return items;
  }

  private Object remembered(int index) {
    Object value = memo.get(index);
    if (value == null) {
      throw damaged("recalls something that it has not stored");
    }
    return value;
  }

  // What it makes

  private Known known(String name) {
    Known known = KNOWN.get(name);
    if (known == null) {
      throw new HoneException(
          file
              + ": the pickle asks for '"
              + name.replace(' ', '.')
              + "', which is no part of a tensor and is refused; nothing was run");
    }
    return known;
  }

  private void set(List<Object> pairs) {
    if (!(peek() instanceof Dict dict) || pairs.size() % 2 != 0) {
      throw damaged("sets entries of something that is no dictionary");
    }
    for (int i = 0; i < pairs.size(); i += 2) {
      if (!(pairs.get(i) instanceof String || pairs.get(i) instanceof Long)) {
        throw damaged("has a dictionary whose keys are neither texts nor numbers");
      }
      dict.put(pairs.get(i), pairs.get(i + 1));
    }
  }

  /** What a list holds is never asked for. */
  private void append(List<Object> items) {
    if (peek() != Sign.OTHER) {
      throw damaged("appends " + items.size() + " items to something that is no list");
    }
  }

  /** A module's state dict carries the versions of its classes, which mean nothing here. */
  private void build(Object state) {
    boolean metadata = state instanceof Dict dict && Set.of("_metadata").containsAll(dict.keySet());
    if (peek() != Sign.OTHER && !(metadata && peek() instanceof Dict)) {
      throw damaged("gives attributes to something that is no dictionary of tensors");
    }
  }

  /** ('storage', class, key, device, elements). */
  private Storage storage(Object id) {
    if (id instanceof Tuple(List<Object> items)
        && items.size() == 5
        && items.get(0).equals("storage")
        && items.get(1) instanceof Known known
        && known.dtype() != null
        && items.get(2) instanceof String key
        && items.get(4) instanceof Long elements
        && elements >= 0
        && elements <= MOST_ELEMENTS) {
      return new Storage(key, known.dtype(), elements);
    }
    throw damaged("refers to something that is no storage");
  }

  private void reduce() {
    Object arguments = pop();
    String called = pop() instanceof Known known ? known.name() : "";
    if (!(arguments instanceof Tuple(List<Object> items))) {
      throw damaged("makes something of arguments that are no tuple");
    }
    if (PASSED_OVER.contains(called)) {
      stack.add(Sign.OTHER);
    } else if (called.equals(ORDERED) && items.isEmpty()) {
      stack.add(new Dict());
    } else if (called.equals(TENSOR) && items.size() >= 6) {
      stack.add(view(items));
    } else if (called.equals(PARAMETER)
        && items.size() == 3
        && items.getFirst() instanceof View view) {
      stack.add(view);
    } else {
      throw damaged("makes something that is no tensor");
    }
  }

  /** (storage, offset, shape, strides, takes gradients, hooks). */
  private View view(List<Object> items) {
    if (!(items.get(0) instanceof Storage storage) || !(items.get(1) instanceof Long offset)) {
      throw damaged("has a tensor without a storage");
    }
    long[] shape = longs(items.get(2));
    long[] strides = longs(items.get(3));
    long elements = 1;
    boolean rowMajor = shape.length == strides.length;
    for (int i = shape.length - 1; rowMajor && i >= 0; i--) {
      rowMajor = shape[i] == 1 || strides[i] == elements;
      elements = product(elements, shape[i]);
    }
    if (elements == 0) {
      throw damaged("has a tensor without elements");
    }
    if (elements > 1 && !rowMajor) {
      throw new HoneException(
          file + ": a tensor is not stored row by row; save it anew after tensor.contiguous()");
    }
    if (offset < 0 || offset > storage.elements() || elements > storage.elements() - offset) {
      throw damaged("has a tensor that reaches beyond its storage '" + storage.key() + "'");
    }
    return new View(storage, offset, shape);
  }

  private long product(long a, long b) {
    if (b < 0 || (a != 0 && b > Long.MAX_VALUE / a)) {
      throw damaged("has a tensor of an impossible shape");
    }
    return a * b;
  }

  private long[] longs(Object tuple) {
    if (!(tuple instanceof Tuple(List<Object> items))
        || !items.stream().allMatch(Long.class::isInstance)) {
      throw damaged("has a tensor whose shape is no tuple of integers");
    }
    return items.stream().mapToLong(Long.class::cast).toArray();
  }

  private HoneException damaged(String what) {
    return new HoneException(
        file + ": the pickle " + what + "; the file is damaged or no state dict of torch");
  }
}
