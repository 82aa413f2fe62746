//! Arithmetic, comparison and logic.

use hcl_edit::expr::{BinaryOp, BinaryOperator, Expression, UnaryOp, UnaryOperator};

use super::{Eval, Evaluator, Fault, Scope, Val, place, to_bool, to_number};
use crate::number::Number;
use crate::source::Span;

impl Evaluator<'_> {
    pub(super) fn unary(&self, op: &UnaryOp, scope: &Scope<'_>) -> Eval<Val> {
        match op.operator.value() {
            UnaryOperator::Not => self.truth(&op.expr, "!", scope).map(|value| Val::Bool(!value)),
            UnaryOperator::Neg => {
                let number = self.quantity(&op.expr, "-", scope)?;
                Ok(Val::Num(number.negate()))
            }
        }
    }

    pub(super) fn binary(&self, op: &BinaryOp, span: Span, scope: &Scope<'_>) -> Eval<Val> {
        let (left, right) = (&op.lhs_expr, &op.rhs_expr);
        match op.operator.value() {
            BinaryOperator::And => self.logic(left, right, "&&", false, scope),
            BinaryOperator::Or => self.logic(left, right, "||", true, scope),
            BinaryOperator::Eq => self.equal(left, right, span, scope).map(Val::Bool),
            BinaryOperator::NotEq => self.equal(left, right, span, scope).map(|equal| Val::Bool(!equal)),
            operator => self.numeric(left, right, *operator, span, scope),
        }
    }

    /// `&&` and `||`: `decided` is the left value that settles the matter alone.
    fn logic(
        &self,
        left: &Expression,
        right: &Expression,
        sign: &str,
        decided: bool,
        scope: &Scope<'_>,
    ) -> Eval<Val> {
        if self.truth(left, sign, scope)? == decided {
            return Ok(Val::Bool(decided));
        }
        self.truth(right, sign, scope).map(Val::Bool)
    }

    /// Values of different kinds are never equal, as in HCL: `1 == "1"` is false.
    fn equal(&self, left: &Expression, right: &Expression, span: Span, scope: &Scope<'_>) -> Eval<bool> {
        let (left, right) = (self.eval(left, scope)?, self.eval(right, scope)?);
        self.spend(left.weight().min(right.weight()), span)?;
        Ok(left == right)
    }

    fn numeric(
        &self,
        left: &Expression,
        right: &Expression,
        operator: BinaryOperator,
        span: Span,
        scope: &Scope<'_>,
    ) -> Eval<Val> {
        let sign = operator.as_str();
        let (a, b) = (self.quantity(left, sign, scope)?, self.quantity(right, sign, scope)?);
        let by_zero = matches!(operator, BinaryOperator::Div | BinaryOperator::Mod) && b.as_i128() == Some(0);
        if by_zero {
            return Err(Fault::at(span, "division by zero", "make sure that the right side is not 0"));
        }
        let order = a.compare(b);
        let result = match operator {
            BinaryOperator::Less => return Ok(Val::Bool(order.is_lt())),
            BinaryOperator::LessEq => return Ok(Val::Bool(order.is_le())),
            BinaryOperator::Greater => return Ok(Val::Bool(order.is_gt())),
            BinaryOperator::GreaterEq => return Ok(Val::Bool(order.is_ge())),
            BinaryOperator::Plus => a.plus(b),
            BinaryOperator::Minus => a.plus(b.negate()),
            BinaryOperator::Mul => a.multiply(b),
            BinaryOperator::Div => a.divide(b),
            _ => a.remainder(b),
        };
        result
            .map(Val::Num)
            .ok_or_else(|| Fault::at(span, "the result is too large", "keep numbers below 1.8e308"))
    }

    fn truth(&self, expr: &Expression, sign: &str, scope: &Scope<'_>) -> Eval<bool> {
        let value = self.eval(expr, scope)?;
        to_bool(&value).map_err(|why| {
            Fault::at(
                place(expr),
                format!("`{sign}` cannot use this: {why}"),
                "write true, false, or a comparison",
            )
        })
    }

    fn quantity(&self, expr: &Expression, sign: &str, scope: &Scope<'_>) -> Eval<Number> {
        let value = self.eval(expr, scope)?;
        to_number(&value).map_err(|why| {
            Fault::at(
                place(expr),
                format!("`{sign}` cannot use this: {why}"),
                "write a number, or a string of digits",
            )
        })
    }
}
