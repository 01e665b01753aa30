import { AST_NODE_TYPES, ESLintUtils, type TSESLint, type TSESTree } from '@typescript-eslint/utils';
import { symbolicContent } from './symbolicContent.ts';

/** `truthiness`: a decision on a symbol; `operator`: JavaScript's arithmetic or comparison on one. */
export type MessageId = 'truthiness' | 'operator';

const predicateMethods: ReadonlySet<string> = new Set([
  'every',
  'filter',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
  'some',
]);

const identityOperators: ReadonlySet<string> = new Set(['==', '!=', '===', '!==']);

// `x in y` and `x instanceof y` ask about the object, not about its numbers.
const objectOperators: ReadonlySet<string> = new Set(['in', 'instanceof']);

/**
 * Reports symbolic tensors of `@gradkit/core` in places where JavaScript would turn them into one boolean or one number.
 *
 * A symbol stands for numbers that are unknown while a transform is traced, and as an object it is always truthy: `if (isNaN(x))`
 * takes its first branch whatever the numbers are. `where(condition, a, b)` decides for each number. Presence may be asked for:
 * `x === undefined`, and `x ?? y` where the type of `x` has null or undefined in it. Code of type `any` is not seen.
 */
export const noSymbolicTruthiness: TSESLint.RuleModule<MessageId> = ESLintUtils.RuleCreator.withoutDocs<
  [],
  MessageId
>({
  meta: {
    type: 'problem',
    docs: { description: 'Forbid symbolic tensors where JavaScript wants a boolean or a number' },
    messages: {
      truthiness:
        'A symbolic tensor is always truthy: its numbers are not known while a transform is traced. Write where(condition, a, b) to decide on them, or compare with undefined to ask whether it is there.',
      operator:
        "`{{operator}}` does not work on a symbolic tensor: its numbers are not known while a transform is traced. Call core's operation (add, sub, mul, div, less, equal ...) instead; Object.is(a, b) asks whether two symbols are one.",
    },
    schema: [],
  },
  defaultOptions: [],
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    const checker = services.program.getTypeChecker();
    const contentOf = (node: TSESTree.Node) => symbolicContent(services.getTypeAtLocation(node), checker);

    const reportTruthiness = (node: TSESTree.Node) => {
      if (contentOf(node).symbolic) context.report({ node, messageId: 'truthiness' });
    };
    // The left side of a logical operator and what stands under `!` are reported where they are.
    const checkCondition = (node: TSESTree.Expression): void => {
      if (node.type === AST_NODE_TYPES.LogicalExpression) checkCondition(node.right);
      else reportTruthiness(node);
    };
    const checkTest = ({ test }: { test: TSESTree.Expression | null }) => {
      if (test !== null) checkCondition(test);
    };
    const checkLogical = (operator: string, left: TSESTree.Expression) => {
      const { symbolic, nullish } = contentOf(left);
      if (symbolic && !(nullish && operator.startsWith('??'))) {
        context.report({ node: left, messageId: 'truthiness' });
      }
    };
    const checkOperands = (operator: string, operands: readonly TSESTree.Node[]) => {
      for (const node of operands) {
        if (contentOf(node).symbolic) context.report({ node, messageId: 'operator', data: { operator } });
      }
    };

    return {
      IfStatement: checkTest,
      WhileStatement: checkTest,
      DoWhileStatement: checkTest,
      ForStatement: checkTest,
      ConditionalExpression: checkTest,
      SwitchStatement: ({ discriminant }) => {
        const { symbolic, other } = contentOf(discriminant);
        if (symbolic && !other) context.report({ node: discriminant, messageId: 'truthiness' });
      },
      LogicalExpression: ({ operator, left }) => {
        if (operator === '??' || left.type !== AST_NODE_TYPES.LogicalExpression) checkLogical(operator, left);
        else checkCondition(left);
      },
      UnaryExpression: ({ operator, argument }) => {
        if (operator === '!') checkCondition(argument);
        else if (operator === '-' || operator === '+' || operator === '~')
          checkOperands(operator, [argument]);
      },
      UpdateExpression: ({ operator, argument }) => checkOperands(operator, [argument]),
      BinaryExpression: ({ operator, left, right }) => {
        if (objectOperators.has(operator)) return;
        if (!identityOperators.has(operator)) return checkOperands(operator, [left, right]);
        const [a, b] = [contentOf(left), contentOf(right)];
        // `operand === 0` folds a constant; `x === undefined` asks for presence. Only symbol against symbol or number is a mistake.
        if (a.symbolic && !a.other && (b.symbolic || b.other)) checkOperands(operator, [left]);
        else if (b.symbolic && !b.other && a.other && !a.symbolic) checkOperands(operator, [right]);
      },
      AssignmentExpression: ({ operator, left, right }) => {
        if (operator === '&&=' || operator === '||=' || operator === '??=') checkLogical(operator, left);
        else if (operator !== '=') checkOperands(operator, [left, right]);
      },
      CallExpression: ({ callee, arguments: [argument] }) => {
        if (argument === undefined || argument.type === AST_NODE_TYPES.SpreadElement) return;
        if (callee.type === AST_NODE_TYPES.Identifier && callee.name === 'Boolean') checkCondition(argument);
        if (
          callee.type !== AST_NODE_TYPES.MemberExpression ||
          callee.property.type !== AST_NODE_TYPES.Identifier
        )
          return;
        if (!predicateMethods.has(callee.property.name)) return;
        const answers = services.getTypeAtLocation(argument).getCallSignatures();
        if (answers.some((signature) => symbolicContent(signature.getReturnType(), checker).symbolic)) {
          context.report({ node: argument, messageId: 'truthiness' });
        }
      },
    };
  },
});
