"""The parameters of risk_parity. Made by `make docs`; do not edit."""
NoneType = type(None)
def validate(data):
    if not isinstance(data, dict):
        raise ValueError
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if 'volatility_window' in data_keys:
            data_keys.remove('volatility_window')
            data__volatilitywindow = data['volatility_window']
            if not isinstance(data__volatilitywindow, int) and (not (isinstance(data__volatilitywindow, float) and data__volatilitywindow.is_integer())) or isinstance(data__volatilitywindow, bool):
                raise ValueError
            if isinstance(data__volatilitywindow, (int, float)) and (not isinstance(data__volatilitywindow, bool)):
                if data__volatilitywindow < 2:
                    raise ValueError
                if data__volatilitywindow > 5000:
                    raise ValueError
        if 'method' in data_keys:
            data_keys.remove('method')
            data__method = data['method']
            if not isinstance(data__method, str):
                raise ValueError
            if not (isinstance(data__method, str) and data__method == 'inverse_volatility' or (isinstance(data__method, str) and data__method == 'equal_risk_contribution')):
                raise ValueError
        if 'min_weight' in data_keys:
            data_keys.remove('min_weight')
            data__minweight = data['min_weight']
            if not isinstance(data__minweight, (int, float)) or isinstance(data__minweight, bool):
                raise ValueError
            if isinstance(data__minweight, (int, float)) and (not isinstance(data__minweight, bool)):
                if data__minweight < 0:
                    raise ValueError
                if data__minweight > 1:
                    raise ValueError
        if 'max_weight' in data_keys:
            data_keys.remove('max_weight')
            data__maxweight = data['max_weight']
            if not isinstance(data__maxweight, (int, float)) or isinstance(data__maxweight, bool):
                raise ValueError
            if isinstance(data__maxweight, (int, float)) and (not isinstance(data__maxweight, bool)):
                if data__maxweight > 1:
                    raise ValueError
                if data__maxweight <= 0:
                    raise ValueError
        if 'rebalance_frequency' in data_keys:
            data_keys.remove('rebalance_frequency')
            data__rebalancefrequency = data['rebalance_frequency']
            if not isinstance(data__rebalancefrequency, str):
                raise ValueError
            if not (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'never' or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'daily') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'weekly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'monthly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'quarterly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'semiannually') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'annually')):
                raise ValueError
        if data_keys:
            raise ValueError
    return data
