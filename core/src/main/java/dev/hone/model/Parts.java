package dev.hone.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Hands a family the parts that it asks for by name, and remembers them for the model. */
public final class Parts {
  private final Weights weights;
  private final List<Parameter> parameters = new ArrayList<>();
  private final Map<String, Linear> linears = new LinkedHashMap<>();

  public Parts(Weights weights) {
    this.weights = weights;
  }

  public boolean has(String parameter) {
    return weights.has(parameter);
  }

  public Linear linear(String name, long in, long out, boolean bias) {
    Parameter weight = parameter(name + ".weight", Weights.Init.NORMAL, out, in);
    return remember(
        new Linear(
            name, weight, bias ? parameter(name + ".bias", Weights.Init.ZEROS, out) : null, false));
  }

  /** A linear whose file holds the matrix as [in, out]. */
  public Linear conv1d(String name, long in, long out) {
    return remember(
        new Linear(
            name,
            parameter(name + ".weight", Weights.Init.NORMAL, in, out),
            parameter(name + ".bias", Weights.Init.ZEROS, out),
            true));
  }

  /** A linear that uses a table's matrix as its own. */
  public Linear tied(String name, Embedding table) {
    return tied(name, table, false);
  }

  /** The same, with a bias of its own where there is one. */
  public Linear tied(String name, Embedding table, boolean bias) {
    long out = table.weight().value().size(0);
    return remember(
        new Linear(
            name,
            table.weight(),
            bias ? parameter(name + ".bias", Weights.Init.ZEROS, out) : null,
            false));
  }

  /** The same with a bias that has a name of its own. */
  public Linear tied(String name, Embedding table, Parameter bias) {
    return remember(new Linear(name, table.weight(), bias, false));
  }

  /** A linear whose bias has a name of its own. */
  public Linear linear(String name, long in, long out, Parameter bias) {
    return remember(
        new Linear(name, parameter(name + ".weight", Weights.Init.NORMAL, out, in), bias, false));
  }

  public Embedding embedding(String name, long rows, long width) {
    return embedding(name, rows, width, -1);
  }

  /** The same with a row that does not learn from being looked up. */
  public Embedding embedding(String name, long rows, long width, long padding) {
    return new Embedding(
        name, parameter(name + ".weight", Weights.Init.NORMAL, rows, width), padding);
  }

  public Norm rmsNorm(String name, long width, double eps) {
    return new Norm(name, parameter(name + ".weight", Weights.Init.ONES, width), null, eps);
  }

  /** An RMS norm whose file holds the distance of its weight from one. */
  public Norm rmsNormFromOne(String name, long width, double eps) {
    return new Norm(name, parameter(name + ".weight", Weights.Init.ZEROS, width), null, eps, 1);
  }

  /** A layer norm that only scales. */
  public Norm layerNormWithoutBias(String name, long width, double eps) {
    return new Norm(
        name, parameter(name + ".weight", Weights.Init.ONES, width), null, eps, 0, true);
  }

  public Norm layerNorm(String name, long width, double eps) {
    return new Norm(
        name,
        parameter(name + ".weight", Weights.Init.ONES, width),
        parameter(name + ".bias", Weights.Init.ZEROS, width),
        eps);
  }

  public BatchNorm batchNorm(String name, long width) {
    return new BatchNorm(
        parameter(name + ".weight", Weights.Init.ONES, width),
        parameter(name + ".bias", Weights.Init.ZEROS, width),
        buffer(name + BatchNorm.MEAN, Weights.Init.ZEROS, width),
        buffer(name + BatchNorm.VARIANCE, Weights.Init.ONES, width));
  }

  /**
   * A recurrent layer.
   *
   * @param dropout of the weights of its own state
   */
  public LstmLayer lstm(String name, long in, long width, double dropout) {
    return new LstmLayer(
        parameter(name + ".weight_ih", Weights.Init.NORMAL, 4 * width, in),
        parameter(name + ".weight_hh", Weights.Init.NORMAL, 4 * width, width),
        parameter(name + ".bias_ih", Weights.Init.ZEROS, 4 * width),
        parameter(name + ".bias_hh", Weights.Init.ZEROS, 4 * width),
        dropout);
  }

  public Parameter parameter(String name, Weights.Init init, long... shape) {
    Parameter made = weights.parameter(name, init, shape);
    parameters.add(made);
    return made;
  }

  /** Numbers that the file holds and that do not train. */
  public Parameter buffer(String name, long... shape) {
    return buffer(name, Weights.Init.ZEROS, shape);
  }

  private Parameter buffer(String name, Weights.Init init, long... shape) {
    Parameter read = weights.parameter(name, init, shape);
    Parameter buffer = new Parameter(read.name(), read.value(), false);
    parameters.add(buffer);
    return buffer;
  }

  private Linear remember(Linear linear) {
    linears.put(linear.name(), linear);
    return linear;
  }

  public List<Parameter> parameters() {
    return List.copyOf(parameters);
  }

  /** Frees the parameters of a model that could not be finished. */
  public void close() {
    parameters.forEach(p -> p.value().close());
  }

  public Map<String, Linear> linears() {
    return new LinkedHashMap<>(linears);
  }
}
