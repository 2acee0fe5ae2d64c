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
    return remember(new Linear(name, table.weight(), null, false));
  }

  public Embedding embedding(String name, long rows, long width) {
    return new Embedding(name, parameter(name + ".weight", Weights.Init.NORMAL, rows, width));
  }

  public Norm rmsNorm(String name, long width, double eps) {
    return new Norm(name, parameter(name + ".weight", Weights.Init.ONES, width), null, eps);
  }

  public Norm layerNorm(String name, long width, double eps) {
    return new Norm(
        name,
        parameter(name + ".weight", Weights.Init.ONES, width),
        parameter(name + ".bias", Weights.Init.ZEROS, width),
        eps);
  }

  public Parameter parameter(String name, Weights.Init init, long... shape) {
    Parameter made = weights.parameter(name, init, shape);
    parameters.add(made);
    return made;
  }

  /** Numbers that the file holds and that do not train. */
  public Parameter buffer(String name, long... shape) {
    Parameter read = weights.parameter(name, Weights.Init.ZEROS, shape);
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
